// The Hilbert curve: neighbours on a line stay neighbours on a square, so that networks become blocks.

export interface Point {
  x: number;
  y: number;
}

/** Where the curve through a square of `side` (a power of two) is at its `index`th step. */
function onSquare(side: number, index: number): Point {
  let [x, y, rest] = [0, 0, index];
  for (let step = 1; step < side; step *= 2) {
    const right = Math.floor(rest / 2) % 2;
    const down = (rest + right) % 2;
    [x, y] = turned(step, x, y, right, down);
    x += step * right;
    y += step * down;
    rest = Math.floor(rest / 4);
  }
  return { x, y };
}

function turned(side: number, x: number, y: number, right: number, down: number): [number, number] {
  if (down === 1) return [x, y];
  return right === 1 ? [side - 1 - y, side - 1 - x] : [y, x];
}

function fromSquare(side: number, point: Point): number {
  let { x, y } = point;
  let index = 0;
  for (let step = side / 2; step >= 1; step /= 2) {
    const right = (x & step) > 0 ? 1 : 0;
    const down = (y & step) > 0 ? 1 : 0;
    index += step * step * ((3 * right) ^ down);
    [x, y] = turned(side, x, y, right, down);
  }
  return index;
}

export type Order = "hilbert" | "rows";

/** A field of `count` cells, a power of two: a square, or two squares side by side. */
export interface Field {
  columns: number;
  rows: number;
}

export function fieldOf(count: number): Field {
  const bits = Math.round(Math.log2(Math.max(1, count)));
  return { columns: 2 ** Math.ceil(bits / 2), rows: 2 ** Math.floor(bits / 2) };
}

/** Where cell `index` is. The curve ends at the right, where the next square begins. */
export function placeOf({ columns, rows }: Field, index: number, order: Order): Point {
  if (order === "rows") return { x: index % columns, y: Math.floor(index / columns) };
  const square = rows * rows;
  const { x, y } = onSquare(rows, index % square);
  return { x: x + rows * Math.floor(index / square), y };
}

/** Which cell is at `point`. */
export function indexAt({ columns, rows }: Field, point: Point, order: Order): number {
  if (order === "rows") return point.y * columns + point.x;
  const nth = Math.floor(point.x / rows);
  return nth * rows * rows + fromSquare(rows, { x: point.x % rows, y: point.y });
}
