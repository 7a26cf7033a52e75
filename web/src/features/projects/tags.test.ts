// Tests of tags.
import { expect, test } from "vitest";
import { retagged, wordsOf } from "./tags";

test("tags are parted by commas and told once", () => {
  expect(wordsOf(" dmz, web server ,,dmz")).toEqual(["dmz", "web server"]);
});

test("tags are put on and taken off", () => {
  expect(retagged(["a", "b"], ["b", "c"], ["a"])).toEqual(["b", "c"]);
});
