// What pages ask about two scans of a project.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { changes } from "@/api/words";

export type Change = Schemas["Change"];
export const kinds = Object.keys(changes) as Change[];

/** So many scans can be picked from; older ones are compared by the links of their own pages. */
const mostScans = 200;

/** Scans that saw something, the newest first. */
export function comparableQuery(project: string) {
  return queryOptions({
    queryKey: ["scans", "comparable", project],
    queryFn: async ({ signal }) => {
      const query = {
        project,
        status: "completed,partial,failed,cancelled,running,paused",
        limit: mostScans,
      };
      return (await answer(api.GET("/scans", { params: { query }, signal }))).items;
    },
    staleTime: 15_000,
  });
}

export function scanQuery(scan: string) {
  return queryOptions({
    queryKey: ["scans", scan, "scan"],
    queryFn: ({ signal }) => answer(api.GET("/scans/{id}", { params: { path: { id: scan } }, signal })),
  });
}

/** The scan to compare this one with, if there is one. */
export function previousQuery(scan: string) {
  return queryOptions({
    queryKey: ["scans", scan, "previous"],
    queryFn: async ({ signal }) => {
      const query = { previous_of: scan, limit: 1 };
      return (await answer(api.GET("/scans", { params: { query }, signal }))).items[0] ?? null;
    },
    staleTime: 60_000,
  });
}

/** What changed from one scan to the other; all of it, or some kinds. */
export function differenceQuery(from: string, to: string, only: readonly Change[]) {
  return queryOptions({
    queryKey: ["scans", to, "diff", from, only],
    queryFn: async ({ signal }) => {
      const body = await answer(
        api.GET("/scans/{id}/diff", {
          params: { path: { id: to }, query: { against: from, only: only.join(",") || undefined } },
          signal,
        }),
      );
      // Texts are told in other formats, which are downloaded.
      if (typeof body === "string") throw new Error("The server answered with a text.");
      return body;
    },
    staleTime: 60_000,
  });
}
