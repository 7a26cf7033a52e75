// What pages ask the server about scans.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { hasEnded } from "./may";

export type Scan = Schemas["Scan"];
export type ScanStatus = Schemas["ScanStatus"];
export type Batch = Schemas["BatchBody"];
export type BatchState = Schemas["BatchState"];
export type Attempt = Schemas["AttemptBody"];
export type CoverageState = Schemas["CoverageState"];
export type StoredEvent = Schemas["EventBody"] & { [rest: string]: unknown };

export interface ScanFilter {
  project?: string | undefined;
  status?: string | undefined;
  name?: string | undefined;
}

const pageSize = 30;

export const scansQuery = (filter: ScanFilter) =>
  infiniteQueryOptions({
    queryKey: ["scans", "list", filter],
    queryFn: ({ signal, pageParam }) =>
      answer(
        api.GET("/scans", { params: { query: { ...filter, cursor: pageParam, limit: pageSize } }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    // One that runs is looked at again soon, and a new one appears by itself.
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((scan) => !hasEnded(scan))) ? 3_000 : 15_000,
  });

export const scanQuery = (id: string) =>
  queryOptions({
    queryKey: ["scans", id, "scan"],
    queryFn: ({ signal }) => answer(api.GET("/scans/{id}", { params: { path: { id } }, signal })),
  });

/** Live frames bring most news; what nmap does at the moment is only told when it is asked for. */
const soon = ({ state }: { state: { data?: ScanStatus | undefined } }) => {
  if (!state.data || hasEnded(state.data)) return false;
  return state.data.status === "running" ? 2_000 : 10_000;
};

export const statusQuery = (id: string) =>
  queryOptions({
    queryKey: ["scans", id, "status"],
    queryFn: ({ signal }): Promise<ScanStatus> =>
      answer(api.GET("/scans/{id}/status", { params: { path: { id } }, signal })),
    refetchInterval: soon,
  });

/** The counts of a scan's addresses alone, which is little to ask for. */
export const countsQuery = (id: string) =>
  queryOptions({
    queryKey: ["scans", id, "counts"],
    queryFn: ({ signal }) =>
      answer(api.GET("/scans/{id}/coverage", { params: { path: { id }, query: { limit: 1 } }, signal })),
    staleTime: 60_000,
  });

export interface RangePlace {
  /** Which of the states that are listed. */
  nth: number;
  cursor?: string;
}

/** Ranges of addresses, state after state; without states, all of them in the order of addresses. */
export const rangesQuery = (id: string, states: readonly CoverageState[]) =>
  infiniteQueryOptions({
    queryKey: ["scans", id, "ranges", states],
    queryFn: ({ signal, pageParam: { nth, cursor } }) =>
      answer(
        api.GET("/scans/{id}/coverage", {
          params: { path: { id }, query: { state: states[nth], cursor, limit: 500 } },
          signal,
        }),
      ),
    initialPageParam: { nth: 0 } as RangePlace,
    getNextPageParam: (last, _, { nth }): RangePlace | undefined => {
      if (last.ranges.next_cursor) return { nth, cursor: last.ranges.next_cursor };
      return nth + 1 < states.length ? { nth: nth + 1 } : undefined;
    },
    staleTime: 10_000,
  });

export const batchesQuery = (id: string, status: BatchState | undefined) =>
  infiniteQueryOptions({
    queryKey: ["scans", id, "batches", status ?? "all"],
    queryFn: ({ signal, pageParam }) =>
      answer(
        api.GET("/scans/{id}/batches", {
          params: { path: { id }, query: { status, cursor: pageParam, limit: 1_000 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export const batchQuery = (scan: string, id: string) =>
  queryOptions({
    queryKey: ["scans", scan, "batch", id],
    queryFn: ({ signal }) => answer(api.GET("/batches/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === "leased" ? 2_000 : false),
  });

export const attemptsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["scans", id, "attempts"],
    queryFn: ({ signal, pageParam }) =>
      answer(
        api.GET("/scans/{id}/attempts", {
          params: { path: { id }, query: { cursor: pageParam, limit: 200 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

/** The scan to compare this one with, if there is one. */
export const previousQuery = (id: string) =>
  queryOptions({
    queryKey: ["scans", id, "previous"],
    queryFn: async ({ signal }) => {
      const page = await answer(api.GET("/scans", { params: { query: { previous_of: id } }, signal }));
      return page.items[0] ?? null;
    },
    staleTime: 60_000,
  });

/** Stored events behind `since`, oldest first. */
export async function eventsAfter(id: string, since: number, limit = 1_000): Promise<StoredEvent[]> {
  const asked = api.GET("/scans/{id}/events", { params: { path: { id }, query: { since, limit } } });
  return (await answer(asked)).items as StoredEvent[];
}

/** All events from the first one on. */
export const historyQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["scans", id, "history"],
    queryFn: ({ pageParam }) => eventsAfter(id, pageParam),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.length === 1_000 ? last.at(-1)?.seq : undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What is 0 is left out of the counts, which the generated type does not say. */
export type MapCell = Omit<Schemas["CellBody"], "counts"> & { counts: Partial<Schemas["CellCounts"]> };
export type ScanMap = Omit<Schemas["MapBody"], "cells"> & { cells: MapCell[] };
export type Pace = Schemas["PaceBody"];

export const mapQuery = (id: string, within: string | undefined) =>
  queryOptions({
    queryKey: ["scans", id, "map", within ?? "all"],
    queryFn: ({ signal }): Promise<ScanMap> =>
      answer(api.GET("/scans/{id}/map", { params: { path: { id }, query: { within } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 2_000,
  });

export const paceQuery = (id: string) =>
  queryOptions({
    queryKey: ["scans", id, "pace"],
    queryFn: ({ signal }): Promise<Pace> =>
      answer(api.GET("/scans/{id}/pace", { params: { path: { id } }, signal })),
    staleTime: 2_000,
  });
