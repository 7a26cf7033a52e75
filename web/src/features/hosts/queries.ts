// What pages ask of hosts. Long lists are asked for in pages that can be anywhere.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { isWithin } from "@/lib/network";
import { facetFields } from "./query-terms";
import { type HostRow, rowOfAsset, rowOfHost } from "./rows";

/** Rows on a page of a list. */
export const pageSize = 200;
/** How long pages are kept that nobody looks at. */
const keep = 60_000;

/** Which hosts are looked for: the state of the explorer. */
export interface Sought {
  project: string;
  q?: string | undefined;
  as_of?: string | undefined;
}

export interface FoundPage<Of = unknown> {
  /** What was asked for: an answer that stands in for the next one tells that it does. */
  of: Of;
  rows: HostRow[];
  /** Null for a time in the past, which is read page by page. */
  total: number | null;
  next: string | undefined;
  isCurrent: boolean;
}

function read(of: Sought, found: Schemas["FoundBody"]): FoundPage<Sought> {
  return {
    of,
    rows: found.hosts.map(rowOfAsset),
    total: found.total ?? null,
    next: found.next_cursor ?? undefined,
    isCurrent: found.is_current,
  };
}

/** The rows from `page * pageSize` on. */
export function foundQuery(sought: Sought, page: number) {
  return queryOptions({
    queryKey: ["search", sought, "page", page],
    queryFn: async ({ signal }) => {
      const query = { ...sought, skip: page * pageSize, limit: pageSize, brief: true };
      return read(sought, await answer(api.GET("/search", { params: { query }, signal })));
    },
    staleTime: 15_000,
    gcTime: keep,
    // While a filter is on its way the rows before it stay.
    placeholderData: page === 0 ? keepPreviousData : undefined,
  });
}

/** The same, one page after the other: what was known at a time has no places to jump to. */
export function readFoundQuery(sought: Sought) {
  return infiniteQueryOptions({
    queryKey: ["search", sought, "read"],
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...sought, cursor: pageParam, limit: pageSize, brief: true };
      return read(sought, await answer(api.GET("/search", { params: { query }, signal })));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    staleTime: 60_000,
    gcTime: keep,
  });
}

/** What all hosts that are found have in common. */
export function facetsQuery(project: string, q: string | undefined) {
  return queryOptions({
    queryKey: ["search", { project, q }, "facets"],
    queryFn: async ({ signal }) => {
      const query = { project, q, facets: facetFields.join(","), limit: 1, brief: true };
      const { facets, total } = await answer(api.GET("/search", { params: { query }, signal }));
      return { facets: facets ?? [], total: total ?? 0 };
    },
    staleTime: 15_000,
    placeholderData: keepPreviousData,
  });
}

/** The filters of a scan's hosts. */
export interface OfScan {
  where?: string | undefined;
  open?: boolean | undefined;
  port?: number | undefined;
  service?: string | undefined;
}

type ScanPage = Schemas["Page_HostBody"] & { total?: number | null };

function readScan(of: OfScan, page: ScanPage): FoundPage<OfScan> {
  return {
    of,
    rows: page.items.map(rowOfHost),
    total: page.total ?? null,
    next: page.next_cursor ?? undefined,
    isCurrent: true,
  };
}

/** A page of a scan's hosts that can be anywhere. Its total is null when each host has to be looked at. */
export function scanHostsQuery(scan: string, filters: OfScan, page: number) {
  return queryOptions({
    queryKey: ["scans", scan, "hosts", filters, "page", page],
    queryFn: async ({ signal }) => {
      const query = { ...filters, skip: page * pageSize, limit: pageSize, brief: true };
      return readScan(
        filters,
        await answer(api.GET("/scans/{id}/hosts", { params: { path: { id: scan }, query }, signal })),
      );
    },
    gcTime: keep,
    placeholderData: page === 0 ? keepPreviousData : undefined,
  });
}

export function readScanHostsQuery(scan: string, filters: OfScan) {
  return infiniteQueryOptions({
    queryKey: ["scans", scan, "hosts", filters, "read"],
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...filters, cursor: pageParam, limit: pageSize, brief: true };
      return readScan(
        filters,
        await answer(api.GET("/scans/{id}/hosts", { params: { path: { id: scan }, query }, signal })),
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    gcTime: keep,
  });
}

/** What of a report is worth a look. */
export interface WorthALook {
  findings: {
    address: string;
    port: string | null;
    id: string;
    title: string;
    severity: "critical" | "high" | "medium" | "low" | "unrated";
    score: string | null;
    certainty: string;
    script: string;
  }[];
  certificates: {
    address: string;
    port: string;
    subject: string;
    issuer: string;
    expires: string;
    expiry: string;
  }[];
}

/** Weaknesses that scripts reported and certificates that run out. The server goes through all hosts for it. */
export function worthALookQuery(scan: string) {
  return queryOptions({
    queryKey: ["scans", scan, "worth a look"],
    queryFn: async ({ signal }): Promise<WorthALook> => {
      const params = { path: { id: scan }, query: { format: "json" } };
      const report: unknown = await answer(api.GET("/scans/{id}/report", { params, signal }));
      const { findings, certificates } = report as WorthALook;
      return { findings, certificates: certificates.filter(({ expiry }) => expiry !== "") };
    },
    staleTime: 5 * 60_000,
  });
}

/** What one scan knows of one address. */
export function hostQuery(host: string) {
  return queryOptions({
    queryKey: ["hosts", host],
    queryFn: ({ signal }) => answer(api.GET("/hosts/{id}", { params: { path: { id: host } }, signal })),
    staleTime: 60_000,
  });
}

/** What is known of an address now, from all scans of the project; nothing when it never answered. */
export function assetQuery(project: string, address: string) {
  return queryOptions({
    queryKey: ["search", { project, address }, "asset"],
    queryFn: async ({ signal }) => {
      const query = { project, q: `net:${address}`, limit: 1 };
      const { hosts } = await answer(api.GET("/search", { params: { query }, signal }));
      return hosts[0] ?? null;
    },
  });
}

/** What scans saw of an address, the newest first. */
export function historyQuery(project: string, address: string) {
  return infiniteQueryOptions({
    queryKey: ["targets", address, "history", project],
    queryFn: ({ signal, pageParam }) =>
      answer(
        api.GET("/targets/{address}/history", {
          params: { path: { address }, query: { project, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
}

/** So many attempts are looked through for those that saw a host. */
const mostAttempts = 100;
/** nmap tells times in whole seconds. */
const slack = 2_000;

/** The attempts that scanned a host, with the files they left; nothing when there are too many to look. */
export function attemptsAtQuery(host: Schemas["HostBody"]) {
  return queryOptions({
    queryKey: ["hosts", host.id, "attempts"],
    queryFn: async ({ signal }) => {
      const { items, next_cursor } = await answer(
        api.GET("/scans/{id}/attempts", {
          params: { path: { id: host.scan_id }, query: { limit: mostAttempts } },
          signal,
        }),
      );
      if (next_cursor) return null;
      const seen = host.ended_at ?? host.started_at;
      const then = items.filter(
        ({ started_at, ended_at, artifacts }) =>
          artifacts.length > 0 &&
          (!seen ||
            (Date.parse(started_at) - slack <= Date.parse(seen) &&
              (!ended_at || Date.parse(seen) <= Date.parse(ended_at) + slack))),
      );
      const held = await Promise.all(
        then.map(async (attempt) => {
          const path = { id: attempt.batch_id };
          const { targets } = await answer(api.GET("/batches/{id}", { params: { path }, signal }));
          return targets.some((range) => isWithin(host.address, range));
        }),
      );
      return then.filter((_, place) => held[place]);
    },
    staleTime: 5 * 60_000,
  });
}
