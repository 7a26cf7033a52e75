// Tests of how a module's options are told.
import { expect, test } from "vitest";
import { optionsOf } from "./options";

test("each option says what it takes and what it is otherwise", () => {
  const schema = {
    required: ["ports"],
    properties: {
      ports: { type: "string", description: "Ports." },
      profile: { enum: ["quick", "full"], default: "quick" },
      top_ports: { type: "integer", minimum: 1, maximum: 65535 },
      udp: { type: "boolean", default: false },
      servers: { type: "array", items: { type: "string" } },
    },
  };

  expect(optionsOf(schema).map(({ takes, otherwise }) => [takes, otherwise])).toEqual([
    ["a text", undefined],
    ["one of quick, full", "quick"],
    ["a whole number from 1 to 65535", undefined],
    ["yes or no", "no"],
    ["a list, each a text", undefined],
  ]);
  expect(optionsOf(schema)[0]).toMatchObject({ name: "ports", isRequired: true, description: "Ports." });
});

test("what is no schema has no options", () => {
  expect(optionsOf(null)).toEqual([]);
  expect(optionsOf({ properties: [] })).toEqual([]);
});
