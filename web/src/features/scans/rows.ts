// Lists that are read page by page, as rows of a long table.
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

/** Rows that stand for those that are still to be read, when nobody knows how many there are. */
const ahead = 12;

/** `total` is how many there are in all, where that is known. */
export function useRows<Page, Row>(
  query: UseInfiniteQueryResult<InfiniteData<Page, unknown>>,
  itemsOf: (page: Page) => Row[],
  total?: number,
): {
  rows: Row[];
  count: number;
  row: (index: number) => Row | undefined;
  onSeen: (first: number, end: number) => void;
} {
  const { data, hasNextPage, isFetching, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap(itemsOf) ?? [], [data, itemsOf]);
  const more = hasNextPage ? Math.max(ahead, (total ?? 0) - rows.length) : 0;
  const row = useCallback((index: number) => rows[index], [rows]);
  const onSeen = useCallback(
    (_: number, end: number) => {
      if (end > rows.length && hasNextPage && !isFetching) void fetchNextPage();
    },
    [rows.length, hasNextPage, isFetching, fetchNextPage],
  );
  return { rows, count: rows.length + more, row, onSeen };
}
