// Rows of a long list, a page at a time: those that are looked at, wherever they are.
import {
  type InfiniteData,
  type QueryKey,
  type UseInfiniteQueryOptions,
  type UseQueryOptions,
  type UseQueryResult,
  useInfiniteQuery,
  useQueries,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type FoundPage, pageSize } from "./queries";
import type { HostRow } from "./rows";

export interface Rows {
  count: number;
  row: (index: number) => HostRow | undefined;
  onSeen: (first: number, end: number) => void;
  /** Whether there are more than `count` tells. */
  hasMore: boolean;
  error: Error | null;
}

/** Browsers cannot draw boxes much higher than this many rows. */
const mostRows = 900_000;
/** A page that is only scrolled past is not asked for. */
const stillness = 60;

/** Any page at once, when it is known how many rows there are. */
export function useSkipped<Of, Key extends QueryKey>(
  total: number,
  query: (page: number) => UseQueryOptions<FoundPage<Of>, Error, FoundPage<Of>, Key>,
): Rows {
  const [[first, last], setSeen] = useState([0, 0]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const wanted = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  const { pages: held, error } = useQueries({ queries: wanted.map(query), combine });
  const row = useCallback(
    (index: number) => held[Math.floor(index / pageSize) - first]?.[index % pageSize],
    [held, first],
  );
  const onSeen = useCallback((from: number, end: number) => {
    const now = [Math.floor(from / pageSize), Math.floor((end - 1) / pageSize)] as [number, number];
    clearTimeout(timer.current);
    timer.current = setTimeout(
      () => setSeen((before) => (before[0] === now[0] && before[1] === now[1] ? before : now)),
      stillness,
    );
  }, []);
  return {
    count: Math.min(total, mostRows),
    row,
    onSeen,
    hasMore: total > mostRows,
    error,
  };
}

// Out here, so that the cache makes a new list only when a page is another one; rows are drawn anew then.
function combine(results: UseQueryResult<FoundPage>[]) {
  return {
    pages: results.map(({ data }) => data?.rows),
    error: results.find(({ error }) => error)?.error ?? null,
  };
}

/** One page after the other, when nobody knows how many rows there are. */
export function useRead<Of, Key extends QueryKey>(
  query: UseInfiniteQueryOptions<FoundPage<Of>, Error, InfiniteData<FoundPage<Of>>, Key, string | undefined>,
): Rows & { isPending: boolean } {
  const { data, hasNextPage, isFetching, fetchNextPage, error, isPending } = useInfiniteQuery(query);
  const [wanted, setWanted] = useState(0);
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const isShort = wanted + pageSize / 4 > rows.length;
  useEffect(() => {
    if (isShort && hasNextPage && !isFetching && !error) void fetchNextPage();
  }, [isShort, hasNextPage, isFetching, error, fetchNextPage]);
  const row = useCallback((index: number) => rows[index], [rows]);
  // Only steps of a quarter of a page are told on: between them nothing has to be asked for.
  const onSeen = useCallback((_: number, end: number) => {
    const step = pageSize / 4;
    setWanted((before) => Math.max(before, Math.ceil(end / step) * step));
  }, []);
  return { count: rows.length, row, onSeen, hasMore: hasNextPage, error, isPending };
}
