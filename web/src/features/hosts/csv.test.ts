// Tests of what a spreadsheet is given.
import { expect, test } from "vitest";
import { cell } from "./csv";

test("what looks like a formula is made text", () => {
  expect(["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1"].map(cell)).toEqual([
    "'=1+1",
    "'+1",
    "'-1",
    "'@SUM(A1)",
    `"' =1"`,
    `"'\t=1"`,
    "'＝1",
  ]);
});

test("what divides cells is quoted", () => {
  expect(cell('a "b", c')).toBe('"a ""b"", c"');
  expect(cell("plain")).toBe("plain");
});

test("what cannot be seen is shown", () => {
  expect(cell("a\u001b[0m\u202eb")).toBe("a␛[0m⟨U+202E⟩b");
});
