// What batches are called: their number where it is known, or else the beginning of their id.
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { batchesQuery, statusQuery } from "./queries";

export function useBatchNames(scan: string): (id: string) => string {
  const { data: status } = useSuspenseQuery(statusQuery(scan));
  const { data: batches } = useInfiniteQuery(batchesQuery(scan, undefined));
  const numbers = useMemo(() => {
    const known = new Map<string, number>();
    for (const { id, number } of batches?.pages.flatMap(({ items }) => items) ?? []) known.set(id, number);
    for (const { batch_id, batch_number } of [...status.slowest, ...status.failures, ...status.running])
      if (batch_id) known.set(batch_id, batch_number);
    return known;
  }, [batches, status.slowest, status.failures, status.running]);
  return useCallback((id) => `Batch ${numbers.get(id) ?? id.slice(0, 8)}`, [numbers]);
}
