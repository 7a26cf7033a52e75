// What pages ask about two scans of a project.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { changes } from "@/api/words";
import { counted } from "@/lib/numbers";

export type Change = Schemas["Change"];

/** The kinds that one can pick. Hosts that are left out are no change: a note counts them. */
export const kinds = (Object.keys(changes) as Change[]).filter((kind) => kind !== "suspect");

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

/** What changed from one scan to the other; all of it, or some kinds, and with hosts that are suspect or not. */
export function differenceQuery(from: string, to: string, only: readonly Change[], suspects: boolean) {
  return queryOptions({
    queryKey: ["scans", to, "diff", from, only, suspects],
    queryFn: async ({ signal }) => {
      const body = await answer(
        api.GET("/scans/{id}/diff", {
          params: { path: { id: to }, query: { against: from, ...choice(only, suspects) } },
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

/** What of a comparison is asked for, as the server reads it. */
export function choice(only: readonly Change[], suspects: boolean) {
  return { only: only.join(",") || undefined, suspects: suspects || undefined };
}

/** Why hosts are missing from a comparison; nothing when none is. */
export function leftOut(hosts: number): string | undefined {
  if (hosts === 0) return undefined;
  const [are, their] = hosts === 1 ? ["is", "its"] : ["are", "their"];
  return `${counted(hosts, "host")} ${are} left out, because something seems to answer in ${their} place.`;
}
