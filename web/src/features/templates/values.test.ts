// Tests of values for parameters.
import { expect, test } from "vitest";
import { valuesOf } from "./values";

const parameter = (name: string, type: string) => ({
  name,
  type,
  required: false,
  default: null,
  description: "",
});

test("each value has the type of its parameter, and what is empty is not said", () => {
  const parameters = [
    parameter("site", "string"),
    parameter("rate", "integer"),
    parameter("udp", "boolean"),
    parameter("network", "targets"),
    parameter("rest", "string"),
  ];
  const written: Record<string, string> = {
    site: " 7 ",
    rate: "500",
    udp: "false",
    network: "127.0.0.1, 127.0.0.2\n127.0.0.3",
    rest: "  ",
  };

  expect(valuesOf(parameters, (name) => written[name] ?? "")).toEqual({
    site: "7",
    rate: 500,
    udp: false,
    network: ["127.0.0.1", "127.0.0.2", "127.0.0.3"],
  });
});

test("what is no number goes as it is, for the server to refuse", () => {
  expect(valuesOf([parameter("rate", "integer")], () => "fast")).toEqual({ rate: "fast" });
});
