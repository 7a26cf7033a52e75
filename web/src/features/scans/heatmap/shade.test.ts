// Tests of how cells are coloured.
import { expect, test } from "vitest";
import { shadeOf } from "./shade";

test("the worst of a cell shows, however little it is", () => {
  expect(shadeOf({ counts: { up: 250, down: 5, failed: 1 } }, "worst")).toBe("failed");
  expect(shadeOf({ counts: { up: 1, down: 255 } }, "worst")).toBe("up");
  expect(shadeOf({ counts: { down: 200, pending: 56 } }, "worst")).toBe("pending");
});

test("the most of a cell shows when that is asked for", () => {
  expect(shadeOf({ counts: { up: 250, failed: 1 } }, "most")).toBe("up");
  expect(shadeOf({ counts: { up: 8, failed: 8 } }, "most")).toBe("failed");
});

test("a cell of which nothing was planned has no colour", () => {
  expect(shadeOf({ counts: {} }, "worst")).toBeUndefined();
  expect(shadeOf({ counts: { up: 0 } }, "most")).toBeUndefined();
});
