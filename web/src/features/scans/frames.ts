// What stored events change in the cache of what the server said.
import type { QueryClient } from "@tanstack/react-query";
import type { StoredFrame } from "@/api/live";
import { type Scan, type ScanStatus, scanQuery, statusQuery } from "./queries";

/** Takes a frame in: what it says itself at once, what has to be asked for soon. */
export function takeIn(client: QueryClient, scan: string, frame: StoredFrame): void {
  const { event, seq: _, ts: __, scan_id: ___, ...rest } = frame;
  switch (event) {
    case "status":
    case "desired":
      forgetAnswersUnderWay(client, scan);
      tellBoth(client, scan, rest);
      askSoon(client, scan, ["scan", "status", "batches", "attempts", "ranges", "counts", "map", "pace"]);
      return;
    case "progress":
      tellBoth(client, scan, rest);
      askSoon(client, scan, ["counts", "map", "pace"]);
      return;
    case "limits":
      askSoon(client, scan, ["scan"]);
      return;
    case "host":
      askSoon(client, scan, ["status", "hosts"]);
      return;
    case "scan_complete":
      askSoon(client, scan, [
        "scan",
        "status",
        "batches",
        "attempts",
        "ranges",
        "hosts",
        "counts",
        "map",
        "pace",
      ]);
      return;
    default:
      if (event.startsWith("batch_")) askSoon(client, scan, ["status", "batches", "batch", "attempts"]);
  }
}

/** An answer that is under way may be older than the frame, and would bring the state back that is over. */
function forgetAnswersUnderWay(client: QueryClient, scan: string) {
  for (const { queryKey } of [scanQuery(scan), statusQuery(scan)]) {
    if (client.getQueryData(queryKey)) void client.cancelQueries({ queryKey, exact: true });
  }
}

/** The parts of an event that a scan and its status have under the same names. */
function tellBoth(client: QueryClient, scan: string, rest: Record<string, unknown>) {
  const { coverage, ...shared } = rest as Partial<ScanStatus>;
  client.setQueryData(scanQuery(scan).queryKey, (old?: Scan) => old && { ...old, ...shared });
  client.setQueryData(statusQuery(scan).queryKey, (old?: ScanStatus) =>
    old ? { ...old, ...shared, ...(coverage && { coverage }) } : old,
  );
}

/** How long news are gathered before the server is asked. What costs more is asked for less often. */
const pauses: Record<string, number> = {
  map: 3_000,
  pace: 3_000,
  ranges: 3_000,
  attempts: 3_000,
  hosts: 2_000,
};

const waiting = new Map<string, ReturnType<typeof setTimeout>>();

function askSoon(client: QueryClient, scan: string, parts: string[]) {
  for (const part of parts) {
    const key = `${scan} ${part}`;
    if (waiting.has(key)) continue;
    const pause = (pauses[part] ?? 1_000) * reluctance(client, scan, part);
    const ask = () => {
      waiting.delete(key);
      // Queries that nobody looks at are only marked, and asked for when somebody does.
      void client.invalidateQueries({ queryKey: ["scans", scan, part] }, { cancelRefetch: false });
    };
    waiting.set(key, setTimeout(ask, pause));
  }
}

/** A long list that has been read in many pages is read anew less often still. */
function reluctance(client: QueryClient, scan: string, part: string): number {
  const all = client.getQueriesData<{ pages?: unknown[] }>({
    queryKey: ["scans", scan, part],
    type: "active",
  });
  const pages = Math.max(0, ...all.map(([, data]) => data?.pages?.length ?? 0));
  if (pages > 10) return 60;
  return pages > 3 ? 10 : 1;
}
