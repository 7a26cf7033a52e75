// What pages ask about addresses that resist, and about those that are left alone for it.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";

export type Difficult = Schemas["DifficultBody"];

/** Entries on a page: as many as the server gives. */
const pageSize = 1_000;

/** The addresses that timed out or failed, those of newer scans first; of one scan, or of all. */
export function difficultQuery(project: string, scan: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["difficult", project, scan ?? "all"],
    queryFn: ({ signal, pageParam }) => {
      const query = { project, scan, cursor: pageParam, limit: pageSize };
      return answer(api.GET("/difficult-targets", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    staleTime: 10_000,
  });
}

export function scanQuery(scan: string) {
  return queryOptions({
    queryKey: ["scans", scan, "scan"],
    queryFn: ({ signal }) => answer(api.GET("/scans/{id}", { params: { path: { id: scan } }, signal })),
  });
}

/** The scope of a project with the tag by which a change of it is told from one of somebody else. */
export async function readScope(
  project: string,
  signal?: AbortSignal,
): Promise<{ scope: Schemas["Scope"]; tag: string | null }> {
  const asked = await api.GET("/projects/{id}/scope", { params: { path: { id: project } }, signal });
  return { scope: await answer(Promise.resolve(asked)), tag: asked.response.headers.get("ETag") };
}

export function quarantineQuery(project: string) {
  return queryOptions({
    queryKey: ["projects", project, "scope", "quarantine"],
    queryFn: async ({ signal }) => quarantined((await readScope(project, signal)).scope),
  });
}

/** How the note of a rule begins that was made here. */
export const mark = "Quarantine";

export function quarantined(scope: Schemas["Scope"]): Schemas["Rule"][] {
  return scope.rules.filter(({ effect, note }) => effect === "deny" && note?.startsWith(mark));
}

/** Changes the rules as they are at this moment; refused when somebody else is changing them too. */
export async function changeRules(
  project: string,
  change: (rules: Schemas["Rule"][]) => Schemas["Rule"][],
): Promise<void> {
  const { scope, tag } = await readScope(project);
  await answer(
    api.PUT("/projects/{id}/scope", {
      params: { path: { id: project }, header: { "If-Match": tag } },
      body: { ...scope, rules: change(scope.rules) },
    }),
  );
}

/** The longest note that the server takes. */
const longestNote = 200;

/** The rule that leaves these addresses alone from now on. */
export function ruleFor({ addresses, reason, scan_number }: Difficult): Schemas["Rule"] {
  const note = `${mark}: ${reason} (scan ${scan_number})`;
  return { effect: "deny", subject: addresses, note: Array.from(note).slice(0, longestNote).join("") };
}
