// Lists that come in parts.

/** A part of a list, and where the next one begins. */
export interface Part<T> {
  items: T[];
  next_cursor?: string | null;
}

/** As many entries as the server sends at once. */
export const largest = 1_000;

/** All parts of a list one after another; for lists that are short by nature. */
export async function whole<T>(part: (cursor: string | undefined) => Promise<Part<T>>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { items, next_cursor } = await part(cursor);
    all.push(...items);
    cursor = next_cursor ?? undefined;
  } while (cursor);
  return all;
}
