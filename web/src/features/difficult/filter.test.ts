// Tests of what of the difficult targets is shown and written.
import { expect, test } from "vitest";
import { addressCount, fitting, rangesOf, reasonsOf, textOf } from "./filter";
import { type Difficult, quarantined, ruleFor } from "./queries";

function one(addresses: string, count: number, change: Partial<Difficult> = {}): Difficult {
  const rest = { scan_id: "s", scan_number: 3, state: "timed_out" as const, reason: "too slow" };
  return { addresses, count, ...rest, ...change };
}

const all = [
  one("192.0.2.1", 1),
  one("192.0.2.4-192.0.2.7", 4, { state: "failed", reason: "crashed" }),
  one("192.0.2.1", 1, { scan_id: "t", scan_number: 2 }),
];

test("filters leave what fits all of them", () => {
  expect(addressCount(fitting(all, { state: "failed" }))).toBe(4);
  expect(fitting(all, { state: "failed", reason: "too slow" })).toEqual([]);
  expect(fitting(all, {})).toEqual(all);
});

test("reasons are counted by addresses", () => {
  expect(reasonsOf(all)).toEqual([
    ["crashed", 4],
    ["too slow", 2],
  ]);
});

test("a range is scanned again once", () => {
  expect(rangesOf(all)).toEqual(["192.0.2.1", "192.0.2.4-192.0.2.7"]);
});

test("a reason cannot begin a line of its own", () => {
  expect(textOf([one("192.0.2.1", 1, { reason: "no\n10.0.0.0/8" })])).toBe(
    "192.0.2.1 # timed_out in scan 3: no 10.0.0.0/8\n",
  );
});

test("a rule of the quarantine is known by its note", () => {
  const rule = ruleFor(one("192.0.2.1", 1));

  expect(rule).toEqual({ effect: "deny", subject: "192.0.2.1", note: "Quarantine: too slow (scan 3)" });
  expect(quarantined({ rules: [rule, { effect: "deny", subject: "192.0.2.9" }] })).toEqual([rule]);
});
