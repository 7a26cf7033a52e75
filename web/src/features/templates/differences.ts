// What differs between two texts, line by line (Myers, An O(ND) Difference Algorithm).

export interface Line {
  kind: "same" | "removed" | "added";
  text: string;
  /** Numbers from 1 in the text before and the text after. */
  before?: number;
  after?: number;
}

/** Beyond so many changed lines, the middle is told as removed and added as a whole. */
const mostSteps = 2_000;

/** All lines of both texts in order. */
export function differences(before: string, after: string): Line[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  const least = Math.min(old.length, young.length);
  let head = 0;
  while (head < least && old[head] === young[head]) head++;
  let tail = 0;
  while (tail < least - head && old[old.length - 1 - tail] === young[young.length - 1 - tail]) tail++;
  const kinds: Line["kind"][] = [
    ...Array.from({ length: head }, () => "same" as const),
    ...middle(old.slice(head, old.length - tail), young.slice(head, young.length - tail)),
    ...Array.from({ length: tail }, () => "same" as const),
  ];
  let [x, y] = [0, 0];
  return kinds.map((kind) => {
    if (kind === "removed") return { kind, text: old[x] ?? "", before: ++x };
    if (kind === "added") return { kind, text: young[y] ?? "", after: ++y };
    return { kind, text: old[x] ?? "", before: ++x, after: ++y };
  });
}

/** Whether a text ends its last line is no line of its own. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The way from one text to the other with the fewest changes. */
function middle(old: string[], young: string[]): Line["kind"][] {
  const trace: Map<number, number>[] = [];
  const furthest = new Map([[1, 0]]);
  const at = (diagonal: number, from = furthest) => from.get(diagonal) ?? -1;
  const most = Math.min(old.length + young.length, mostSteps);
  for (let step = 0; step <= most; step++) {
    trace.push(new Map(furthest));
    for (let diagonal = -step; diagonal <= step; diagonal += 2) {
      const isDown = diagonal === -step || (diagonal !== step && at(diagonal - 1) < at(diagonal + 1));
      let x = isDown ? at(diagonal + 1) : at(diagonal - 1) + 1;
      while (x < old.length && x - diagonal < young.length && old[x] === young[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= old.length && x - diagonal >= young.length) return back(trace, old.length, young.length);
    }
  }
  return [...old.map(() => "removed" as const), ...young.map(() => "added" as const)];
}

function back(trace: Map<number, number>[], width: number, height: number): Line["kind"][] {
  const kinds: Line["kind"][] = [];
  let [x, y] = [width, height];
  for (let step = trace.length - 1; step >= 0; step--) {
    const furthest = trace[step] ?? new Map<number, number>();
    const at = (diagonal: number) => furthest.get(diagonal) ?? -1;
    const diagonal = x - y;
    const isDown = diagonal === -step || (diagonal !== step && at(diagonal - 1) < at(diagonal + 1));
    const from = isDown ? diagonal + 1 : diagonal - 1;
    const [beginX, beginY] = [at(from), at(from) - from];
    while (x > beginX && y > beginY && x > 0 && y > 0) {
      kinds.push("same");
      x--;
      y--;
    }
    if (step > 0) kinds.push(isDown ? "added" : "removed");
    [x, y] = [beginX, beginY];
  }
  return kinds.reverse();
}
