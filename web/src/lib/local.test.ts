// Tests of moments in inputs.
import { expect, test } from "vitest";
import { fromLocal, toLocal } from "./local";

test("what is written comes back as it was, in whatever zone", () => {
  expect(toLocal(fromLocal("2026-03-09T05:07"))).toBe("2026-03-09T05:07");
  expect(fromLocal("2026-03-09T05:07")).toBe(new Date(2026, 2, 9, 5, 7).toISOString());
});

test("what is no moment is nothing", () => {
  expect(fromLocal("")).toBeUndefined();
  expect(fromLocal("soon")).toBeUndefined();
  expect(toLocal(undefined)).toBe("");
  expect(toLocal("soon")).toBe("");
});
