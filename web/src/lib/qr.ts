// QR codes (ISO/IEC 18004) of short texts: bytes, versions 1 to 20, error correction level M.

/** Codewords for error correction in each block, and the number of blocks, by version from 1. */
const corrections: readonly (readonly [number, number])[] = [
  [10, 1],
  [16, 1],
  [26, 1],
  [18, 2],
  [24, 2],
  [16, 4],
  [18, 4],
  [22, 4],
  [22, 5],
  [26, 5],
  [30, 5],
  [22, 8],
  [22, 9],
  [24, 9],
  [24, 10],
  [28, 10],
  [28, 11],
  [26, 13],
  [26, 14],
  [26, 16],
];

/** The modules of the code, row by row: true is dark. Nothing when the text is too long. */
export function qrCode(text: string): boolean[][] | undefined {
  const bytes = new TextEncoder().encode(text);
  const version = corrections.findIndex((_, index) => bytes.length <= room(index + 1)) + 1;
  if (version === 0) return undefined;
  const codewords = interleaved(packed(bytes, version), version);
  const grid = drawn(version, codewords);
  const masked = masks.map((mask, number) => withMask(grid, mask, number));
  return masked.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

/** Modules that carry codewords, as bits. */
function bitsOf(version: number): number {
  const aligned = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const patterns = aligned === 0 ? 0 : (25 * aligned - 10) * aligned - 55;
  return (16 * version + 128) * version + 64 - patterns - (version >= 7 ? 36 : 0);
}

function correction(version: number): readonly [number, number] {
  return corrections[version - 1] ?? [0, 0];
}

function dataCodewords(version: number): number {
  const [each, blocks] = correction(version);
  return Math.floor(bitsOf(version) / 8) - each * blocks;
}

/** Bytes of text that a version takes: its data without the mode and the length. */
function room(version: number): number {
  return dataCodewords(version) - (version < 10 ? 2 : 3);
}

/** The text with its mode and length before it, and padding behind it. */
function packed(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const push = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  const most = dataCodewords(version) * 8;
  push(0, Math.min(4, most - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let padding = 0xec; bits.length < most; padding ^= 0xec ^ 0x11) push(padding, 8);
  const codewords: number[] = [];
  for (let at = 0; at < bits.length; at += 8)
    codewords.push(bits.slice(at, at + 8).reduce((byte, bit) => (byte << 1) | bit, 0));
  return codewords;
}

/** Data and correction of all blocks, one of each block after another. */
function interleaved(data: number[], version: number): number[] {
  const [length, count] = correction(version);
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const divisor = generator(length);
  const blocks: { data: number[]; check: number[] }[] = [];
  let at = 0;
  for (let block = 0; block < count; block++) {
    const size = short + (block >= count - longer ? 1 : 0);
    const own = data.slice(at, at + size);
    at += size;
    blocks.push({ data: own, check: remainder(own, divisor) });
  }
  const all: number[] = [];
  for (let place = 0; place <= short; place++) all.push(...blocks.flatMap(({ data }) => data[place] ?? []));
  for (let place = 0; place < length; place++) all.push(...blocks.flatMap(({ check }) => check[place] ?? []));
  return all;
}

/** Multiplies in GF(2^8) with the polynomial 0x11d. */
function times(one: number, other: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((other >>> bit) & 1) * one;
  }
  return product;
}

function generator(degree: number): number[] {
  const result = Array.from({ length: degree }, (_, index) => Number(index === degree - 1));
  let root = 1;
  for (let step = 0; step < degree; step++) {
    for (let at = 0; at < degree; at++)
      result[at] = times(result[at] ?? 0, root) ^ (at + 1 < degree ? (result[at + 1] ?? 0) : 0);
    root = times(root, 2);
  }
  return result;
}

function remainder(data: number[], divisor: number[]): number[] {
  const result = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0);
    result.push(0);
    for (const [at, value] of divisor.entries()) result[at] = (result[at] ?? 0) ^ times(value, factor);
  }
  return result;
}

interface Grid {
  version: number;
  size: number;
  dark: boolean[][];
  /** Modules that no mask changes. */
  isFixed: boolean[][];
}

const masks: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function drawn(version: number, codewords: number[]): Grid {
  const size = version * 4 + 17;
  const rows = () => Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  const grid: Grid = { version, size, dark: rows(), isFixed: rows() };
  for (let at = 0; at < size; at++) {
    fix(grid, 6, at, at % 2 === 0);
    fix(grid, at, 6, at % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    finder(grid, x, y);
  const places = alignments(version);
  const last = places.length - 1;
  for (const [row, y] of places.entries())
    for (const [column, x] of places.entries()) {
      const isCorner = (row === 0 && (column === 0 || column === last)) || (row === last && column === 0);
      if (!isCorner) alignment(grid, x, y);
    }
  format(grid, 0);
  versions(grid);
  fill(grid, codewords);
  return grid;
}

function fix(grid: Grid, x: number, y: number, isDark: boolean) {
  const [row, fixed] = [grid.dark[y], grid.isFixed[y]];
  if (!row || !fixed || x < 0 || x >= grid.size) return;
  row[x] = isDark;
  fixed[x] = true;
}

function finder(grid: Grid, x: number, y: number) {
  for (let dy = -4; dy <= 4; dy++)
    for (let dx = -4; dx <= 4; dx++) {
      const distance = Math.max(Math.abs(dx), Math.abs(dy));
      fix(grid, x + dx, y + dy, distance !== 2 && distance !== 4);
    }
}

function alignments(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const places = [6];
  for (let place = version * 4 + 10; places.length < count; place -= step) places.splice(1, 0, place);
  return places;
}

function alignment(grid: Grid, x: number, y: number) {
  for (let dy = -2; dy <= 2; dy++)
    for (let dx = -2; dx <= 2; dx++) fix(grid, x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
}

/** Writes the level M and the mask's number, twice. */
function format(grid: Grid, mask: number) {
  let check = mask;
  for (let step = 0; step < 10; step++) check = (check << 1) ^ ((check >>> 9) * 0x537);
  const bits = ((mask << 10) | check) ^ 0x5412;
  const bit = (place: number) => ((bits >>> place) & 1) === 1;
  const { size } = grid;
  for (let place = 0; place <= 5; place++) fix(grid, 8, place, bit(place));
  fix(grid, 8, 7, bit(6));
  fix(grid, 8, 8, bit(7));
  fix(grid, 7, 8, bit(8));
  for (let place = 9; place < 15; place++) fix(grid, 14 - place, 8, bit(place));
  for (let place = 0; place < 8; place++) fix(grid, size - 1 - place, 8, bit(place));
  for (let place = 8; place < 15; place++) fix(grid, 8, size - 15 + place, bit(place));
  fix(grid, 8, size - 8, true);
}

/** From version 7 on, codes say their version. */
function versions(grid: Grid) {
  const { version, size } = grid;
  if (version < 7) return;
  let check = version;
  for (let step = 0; step < 12; step++) check = (check << 1) ^ ((check >>> 11) * 0x1f25);
  const bits = (version << 12) | check;
  for (let place = 0; place < 18; place++) {
    const isDark = ((bits >>> place) & 1) === 1;
    const [far, near] = [size - 11 + (place % 3), Math.floor(place / 3)];
    fix(grid, far, near, isDark);
    fix(grid, near, far, isDark);
  }
}

/** Writes the codewords in columns of two, up and down in turn, from the right. */
function fill(grid: Grid, codewords: number[]) {
  const { size } = grid;
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
        const row = grid.dark[y];
        if (!row || grid.isFixed[y]?.[x]) continue;
        row[x] = (((codewords[at >>> 3] ?? 0) >>> (7 - (at & 7))) & 1) === 1;
        at++;
      }
  }
}

function withMask(grid: Grid, mask: (x: number, y: number) => boolean, number: number): boolean[][] {
  const dark = grid.dark.map((row, y) =>
    row.map((isDark, x) => (grid.isFixed[y]?.[x] ? isDark : isDark !== mask(x, y))),
  );
  format({ ...grid, dark }, number);
  return dark;
}

/** How hard a code is to read: runs, blocks, what looks like a finder, and too much of one colour. */
function penalty(dark: boolean[][]): number {
  const size = dark.length;
  const columns = dark.map((_, x) => dark.map((row) => row[x] ?? false));
  let total = 0;
  for (const line of [...dark, ...columns]) {
    const text = line.map((isDark) => (isDark ? "1" : "0")).join("");
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) total += run.length - 2;
    total += 40 * [...text.matchAll(/(?=10111010000|00001011101)/g)].length;
  }
  for (let y = 0; y + 1 < size; y++)
    for (let x = 0; x + 1 < size; x++) {
      const same = [dark[y]?.[x + 1], dark[y + 1]?.[x], dark[y + 1]?.[x + 1]];
      if (same.every((one) => one === dark[y]?.[x])) total += 3;
    }
  const share = dark.flat().filter(Boolean).length / size ** 2;
  return total + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}
