// Tests of how options and targets are taken apart.
import { expect, test } from "vitest";
import { targetsOf, wordsOf } from "./words";

test("quotes hold a word together", () => {
  expect(wordsOf(`  -sV --script-args 'user="a b"'  -p "22, 80" ""`)).toEqual([
    "-sV",
    "--script-args",
    'user="a b"',
    "-p",
    "22, 80",
    "",
  ]);
});

test("lines that hold nothing are no targets", () => {
  expect(targetsOf("10.0.0.1, a.lan\n\n 10.0.0.2 # two")).toEqual(["10.0.0.1, a.lan", " 10.0.0.2 # two"]);
});
