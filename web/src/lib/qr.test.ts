// Tests of QR codes.
import { expect, test } from "vitest";
import { qrCode } from "./qr";

const drawing = (text: string) =>
  qrCode(text)?.map((row) => row.map((isDark) => (isDark ? "#" : ".")).join(""));

test("a code has the size of the least version that takes the text", () => {
  expect(qrCode("a".repeat(14))?.length).toBe(21);
  expect(qrCode("a".repeat(15))?.length).toBe(25);
  expect(qrCode("é".repeat(90))?.length).toBe(53);
});

test("a text that no version takes has no code", () => {
  expect(qrCode("a".repeat(667))).toBeUndefined();
});

test("a code that a reader has read stays as it is", () => {
  expect(drawing("netscan")).toMatchInlineSnapshot(`
    [
      "#######.###...#######",
      "#.....#.#.#...#.....#",
      "#.###.#.##.#..#.###.#",
      "#.###.#..##...#.###.#",
      "#.###.#.#.###.#.###.#",
      "#.....#..##...#.....#",
      "#######.#.#.#.#######",
      "..........#..........",
      "#..######.##.#..#.###",
      "..#..#...#.###..###..",
      "..#.#.#######..#..###",
      ".##.##....#.###...#.#",
      "##.#..##.#.####......",
      "........#...###.####.",
      "#######.#.##....#.#..",
      "#.....#.###...######.",
      "#.###.#.#.#..###...##",
      "#.###.#.##..###..##..",
      "#.###.#..#.###..#..##",
      "#.....#...###..######",
      "#######.###.##.##....",
    ]
  `);
});
