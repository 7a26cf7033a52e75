// What only the pages of a project ask the server.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { largest } from "@/api/pages";

/** The scans of a project, newest first. */
export function projectScansQuery(reference: string) {
  return infiniteQueryOptions({
    queryKey: ["projects", reference, "scans"],
    queryFn: ({ signal, pageParam }) =>
      answer(
        api.GET("/projects/{id}/scans", {
          params: { path: { id: reference }, query: { cursor: pageParam, limit: 30 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: 10_000,
  });
}

/** The newest scans of all projects, to count them by state. */
export const newestScansQuery = queryOptions({
  queryKey: ["scans", "newest-thousand"],
  queryFn: ({ signal }) => answer(api.GET("/scans", { params: { query: { limit: largest } }, signal })),
  staleTime: 15_000,
});

export interface ScopeAsSeen {
  scope: Schemas["Scope"];
  /** Names this state of it, so that a change cannot undo another one unseen. */
  tag: string | null;
}

export function scopeQuery(reference: string) {
  return queryOptions({
    queryKey: ["projects", reference, "scope"],
    queryFn: async ({ signal }): Promise<ScopeAsSeen> => {
      const asked = api.GET("/projects/{id}/scope", { params: { path: { id: reference } }, signal });
      const scope = await answer(asked);
      return { scope, tag: (await asked).response.headers.get("ETag") };
    },
    // What one has begun to change does not change underneath.
    refetchOnWindowFocus: false,
    staleTime: 0,
  });
}

export function limitsQuery(reference: string) {
  return queryOptions({
    queryKey: ["projects", reference, "limits"],
    queryFn: ({ signal }) =>
      answer(api.GET("/projects/{id}/limits", { params: { path: { id: reference } }, signal })),
  });
}
