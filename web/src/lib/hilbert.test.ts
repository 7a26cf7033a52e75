// Tests of the Hilbert curve.
import { expect, test } from "vitest";
import { fieldOf, indexAt, type Order, placeOf } from "./hilbert";

const counts = [1, 2, 4, 8, 16, 32, 1024, 2048];

test("every cell has a place of its own and is found there", () => {
  for (const count of counts) {
    for (const order of ["hilbert", "rows"] satisfies Order[]) {
      const field = fieldOf(count);
      const places = new Set<string>();
      for (let index = 0; index < count; index++) {
        const point = placeOf(field, index, order);
        places.add(`${point.x},${point.y}`);
        expect(point.x).toBeLessThan(field.columns);
        expect(point.y).toBeLessThan(field.rows);
        expect(indexAt(field, point, order)).toBe(index);
      }
      expect(places.size).toBe(count);
    }
  }
});

test("the curve makes one step at a time, also from one square to the next", () => {
  for (const count of counts) {
    const field = fieldOf(count);
    for (let index = 1; index < count; index++) {
      const before = placeOf(field, index - 1, "hilbert");
      const here = placeOf(field, index, "hilbert");
      expect(Math.abs(here.x - before.x) + Math.abs(here.y - before.y)).toBe(1);
    }
  }
});

test("a quarter of the curve fills a quarter of the square", () => {
  const field = fieldOf(1024);
  const quarter = Array.from({ length: 256 }, (_, index) => placeOf(field, index, "hilbert"));
  expect(Math.max(...quarter.map(({ x }) => x))).toBe(15);
  expect(Math.max(...quarter.map(({ y }) => y))).toBe(15);
});
