// Tests of when one may go on in the wizard.
import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import type { Around } from "./around";
import { blank, type Draft } from "./draft";
import { gates, reasonsOf } from "./gates";
import type { Preview } from "./preview";

const around: Around = {
  projects: [],
  newest: undefined,
  inventory: [],
  searches: [],
  templates: [],
  modules: [],
};
const expanded: Schemas["ExpandedTargets"] = {
  count: 4,
  count_text: "4",
  targets: [],
  names: [],
  rejected: [],
  rejected_count: 0,
  excluded: 0,
  out_of_scope: 0,
  truncated: false,
};
const preview: Preview = {
  isEmpty: false,
  expanded,
  isStale: false,
  error: null,
  excludesError: undefined,
  retry: () => {},
  more: undefined,
};
const draft: Draft = { ...blank, text: "10.0.0.0/30" };
const gate = (some: Partial<typeof expanded>) =>
  gates(draft, { ...preview, expanded: { ...expanded, ...some } }, null, around).targets;

test("targets that can be read open the way", () => {
  expect(gates(draft, preview, null, around).targets).toBeUndefined();
  expect(gate({ count: 0, names: ["a.lan"] })).toBeUndefined();
});

test("what is wrong with targets is said", () => {
  expect(gate({ rejected_count: 2 })).toBe("2 entries cannot be read");
  expect(gate({ count: 0, out_of_scope: 4 })).toBe("the project's scope allows none of these addresses");
  expect(gate({ count: 0, excluded: 4 })).toBe("nothing is left to scan");
});

test("a step is shut as long as one before it is", () => {
  const closed = {
    targets: undefined,
    priority: undefined,
    options: "write nmap's options",
    start: undefined,
  };

  expect(reasonsOf(closed)).toEqual({
    targets: undefined,
    priority: undefined,
    options: undefined,
    start: "write nmap's options",
  });
});
