// Tests of what differs between texts.
import { expect, test } from "vitest";
import { differences } from "./differences";

const signs = { same: " ", removed: "-", added: "+" };
const told = (before: string, after: string) =>
  differences(before, after).map(({ kind, text }) => signs[kind] + text);

test("a line that changed is removed and added, and the rest is the same", () => {
  expect(told("a\nb\nc\n", "a\nx\nc\n")).toEqual([" a", "-b", "+x", " c"]);
});

test("what moved counts once, by the fewest changes", () => {
  expect(told("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc")).toHaveLength(9);
  expect(told("a\nb\nc", "b\nc\nd")).toEqual(["-a", " b", " c", "+d"]);
});

test("texts that are the same, and empty ones", () => {
  expect(told("a\nb", "a\nb\n")).toEqual([" a", " b"]);
  expect(told("", "a")).toEqual(["+a"]);
  expect(told("a", "")).toEqual(["-a"]);
  expect(told("", "")).toEqual([]);
});

test("lines carry their numbers in both texts", () => {
  expect(differences("a\nb", "x\na\nb")).toEqual([
    { kind: "added", text: "x", after: 1 },
    { kind: "same", text: "a", before: 1, after: 2 },
    { kind: "same", text: "b", before: 2, after: 3 },
  ]);
});

test("what is put together again from the difference are both texts", () => {
  let seed = 7;
  const random = (most: number) => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed % most;
  };
  const text = () => Array.from({ length: random(40) }, () => "abcd".charAt(random(4)));
  for (let round = 0; round < 200; round++) {
    const [before, after] = [text(), text()];
    const lines = differences(before.join("\n"), after.join("\n"));
    const side = (left: string) => lines.filter(({ kind }) => kind !== left).map(({ text }) => text);
    expect(side("added")).toEqual(before);
    expect(side("removed")).toEqual(after);
  }
});
