// What the overview asks the server, again and again while it is looked at.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";

const active = "running,queued,paused";
const ended = "completed,partial,failed,cancelled";

const list = (status: string, limit: number, signal: AbortSignal) =>
  answer(api.GET("/scans", { params: { query: { status, limit } }, signal }));

/** Scans that were started and have not ended. */
export const activeQuery = queryOptions({
  queryKey: ["scans", "overview", "active"],
  queryFn: ({ signal }) => list(active, 100, signal),
  refetchInterval: 3_000,
});

/** Those that ended last. */
export const endedQuery = queryOptions({
  queryKey: ["scans", "overview", "ended"],
  queryFn: ({ signal }) => list(ended, 100, signal),
  refetchInterval: 10_000,
});

/** Scans that were made and wait for somebody to start them. */
export const unstartedQuery = queryOptions({
  queryKey: ["scans", "overview", "unstarted"],
  queryFn: ({ signal }) => list("created", 20, signal),
  refetchInterval: 15_000,
});

export const statusQuery = (id: string) =>
  queryOptions({
    queryKey: ["scans", id, "overview"],
    queryFn: ({ signal }): Promise<Schemas["ScanStatus"]> =>
      answer(api.GET("/scans/{id}/status", { params: { path: { id } }, signal })),
    refetchInterval: 4_000,
  });

/** All hosts that are known of a project, and which services are open most often. */
export const knownQuery = (project: string) =>
  queryOptions({
    queryKey: ["hosts", "known", project],
    queryFn: ({ signal }) =>
      answer(api.GET("/search", { params: { query: { project, facets: "service", limit: 1 } }, signal })),
    staleTime: 60_000,
  });

/** How many addresses of a project resist. */
export const difficultQuery = (project: string) =>
  queryOptions({
    queryKey: ["difficult", "count", project],
    queryFn: async ({ signal }) => {
      const page = await answer(
        api.GET("/difficult-targets", { params: { query: { project, limit: 1_000 } }, signal }),
      );
      return {
        project,
        count: page.items.reduce((sum, { count }) => sum + count, 0),
        isMore: Boolean(page.next_cursor),
      };
    },
    staleTime: 60_000,
  });
