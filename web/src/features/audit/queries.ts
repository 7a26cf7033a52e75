// What the audit log holds.
import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { largest } from "@/api/pages";

export type AuditEntry = Schemas["AuditBody"];

/** Which entries: all of them when nothing is said. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  /** Moments as the server takes them (RFC 3339). */
  from?: string;
  until?: string;
}

/** How many entries come at a time. */
const page = 100;

function read(filter: AuditFilter, cursor: string | undefined, limit: number, signal?: AbortSignal) {
  return answer(api.GET("/audit", { params: { query: { ...filter, cursor, limit } }, signal }));
}

export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) => read(filter, pageParam, page, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
}

/** All entries as JSON lines, newest first. Says after each part how many there are so far. */
export async function exported(
  filter: AuditFilter,
  told: (count: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const lines: string[] = [];
  let cursor: string | undefined;
  let count = 0;
  do {
    const { items, next_cursor } = await read(filter, cursor, largest, signal);
    lines.push(...items.map((entry) => `${JSON.stringify(entry)}\n`));
    count += items.length;
    told(count);
    cursor = next_cursor ?? undefined;
  } while (cursor);
  return new Blob(lines, { type: "application/x-ndjson" });
}
