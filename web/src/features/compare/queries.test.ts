// What of a comparison is asked for, and what is said of the rest.
import { expect, test } from "vitest";
import { choice, kinds, leftOut } from "./queries";

test("hosts that are left out are counted, and none is not mentioned", () => {
  expect(leftOut(0)).toBeUndefined();
  expect(leftOut(1)).toBe("1 host is left out, because something seems to answer in its place.");
  expect(leftOut(3)).toBe("3 hosts are left out, because something seems to answer in their place.");
});

test("what nobody asked for is not sent", () => {
  expect(choice([], false)).toEqual({ only: undefined, suspects: undefined });
  expect(choice(["opened", "gone"], true)).toEqual({ only: "opened,gone", suspects: true });
});

test("being left out is no kind of change that can be picked", () => {
  expect(kinds).toEqual(["opened", "closed", "changed", "new", "gone", "not_scanned"]);
});
