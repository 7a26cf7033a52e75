// What a scan did not reach, as targets for another one.
import { answer, api } from "@/api/client";
import { restStates } from "./coverage-parts";

/** Ranges and names that were not scanned, one a line. */
export async function restOf(id: string): Promise<string[]> {
  const lines: string[] = [];
  for (const state of restStates) {
    let cursor: string | undefined;
    do {
      const page = await answer(
        api.GET("/scans/{id}/coverage", { params: { path: { id }, query: { state, cursor, limit: 1_000 } } }),
      );
      for (const { first, last } of page.ranges.items)
        lines.push(first === last ? first : `${first}-${last}`);
      if (!cursor && state === "unresolved") lines.push(...page.unresolved.map(({ name }) => name));
      cursor = page.ranges.next_cursor ?? undefined;
    } while (cursor);
  }
  return lines;
}
