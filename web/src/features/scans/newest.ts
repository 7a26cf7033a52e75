// Finds the newest of many things that are numbered without gaps and can only be read forwards.

/** The things behind `since`, at most `limit` of them. */
type Read<T> = (since: number, limit: number) => Promise<T[]>;

/** The newest things: all of them when they are fewer than `many`, else at least half as many. */
export async function newest<T>(read: Read<T>, many: number): Promise<T[]> {
  const first = await read(0, many);
  if (first.length < many) return first;
  const isBehind = async (number: number) => (await read(number, 1)).length === 0;
  let [low, high] = [many, many * 4];
  while (!(await isBehind(high))) [low, high] = [high, high * 4];
  while (high - low > many / 4) {
    const middle = Math.floor((low + high) / 2);
    if (await isBehind(middle)) high = middle;
    else low = middle;
  }
  // There is one more at least behind `low`, and none behind `high`.
  return read(low - Math.floor(many / 2), many);
}
