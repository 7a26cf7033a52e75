// What the wizard asks the server while a scan is being thought out. None of it changes anything.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { largest, whole } from "@/api/pages";

/** What is shown of addresses and found hosts before one asks for more. */
export const firstShown = 100;

export interface Written {
  /** Nothing for a project that is made with the scan. */
  project: string | null;
  text: string;
  excludes: string[];
  limit: number;
}

/** What targets amount to. */
export function expansionQuery({ project, text, excludes, limit }: Written) {
  return queryOptions({
    queryKey: ["targets", "expansion", project, text, excludes, limit],
    queryFn: ({ signal }) =>
      answer(api.POST("/targets/expand", { body: { project, targets: text, excludes, limit }, signal })),
    enabled: text.trim() !== "",
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}

/** The hosts that a query means now. */
export function meantQuery(project: string, query: string) {
  return queryOptions({
    queryKey: ["hosts", "meant", project, query],
    queryFn: ({ signal }) =>
      answer(api.GET("/search", { params: { query: { q: query, project, limit: firstShown } }, signal })),
    enabled: query.trim() !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** What a scan would cost, or what is wrong with it. */
export function planQuery(body: Schemas["CreateScan"]) {
  return queryOptions({
    queryKey: ["scans", "plan", body],
    queryFn: ({ signal }) => answer(api.POST("/scans/plan", { body, signal })),
    retry: false,
    staleTime: 30_000,
    gcTime: 120_000,
  });
}

export const modulesQuery = queryOptions({
  queryKey: ["modules", "of-a-scan"],
  queryFn: async ({ signal }) => (await answer(api.GET("/modules", { signal }))).items,
  staleTime: 60_000,
});

export const templatesQuery = queryOptions({
  queryKey: ["templates", "of-a-scan"],
  queryFn: ({ signal }) =>
    whole((cursor) =>
      answer(api.GET("/templates", { params: { query: { cursor, limit: largest } }, signal })),
    ),
});
