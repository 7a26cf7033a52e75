// Tests of how the newest events are found.
import { expect, test } from "vitest";
import { newest } from "./newest";

function numbers(last: number) {
  const asked: number[] = [];
  const read = async (since: number, limit: number) => {
    asked.push(since);
    const length = Math.max(0, Math.min(limit, last - since));
    return Array.from({ length }, (_, index) => since + 1 + index);
  };
  return { asked, read };
}

test("few are all read with one question", async () => {
  const { asked, read } = numbers(999);

  const found = await newest(read, 1_000);

  expect([found[0], found.at(-1), asked.length]).toEqual([1, 999, 1]);
});

test("of many, the last is among those that are read, and half a page before it", async () => {
  for (const last of [1_000, 1_001, 3_999, 4_000, 4_001, 65_537, 100_000, 2_345_678]) {
    const { read } = numbers(last);

    const found = await newest(read, 1_000);

    expect(found.at(-1)).toBe(last);
    expect(found.length).toBeGreaterThanOrEqual(500);
  }
});

test("a hundred thousand take few questions", async () => {
  const { asked, read } = numbers(100_000);

  await newest(read, 1_000);

  expect(asked.length).toBeLessThan(20);
});
