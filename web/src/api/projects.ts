// Projects, and what belongs to one: more than one feature asks for them.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { largest, whole } from "./pages";

/** The project that scans belong to when nobody says which. */
export const usualProject = "default";

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) =>
    whole((cursor) =>
      answer(api.GET("/projects", { params: { query: { cursor, limit: largest } }, signal })),
    ),
});

/** A project by its id or name. */
export function projectQuery(reference: string) {
  return queryOptions({
    queryKey: ["projects", reference],
    queryFn: ({ signal }) =>
      answer(api.GET("/projects/{id}", { params: { path: { id: reference } }, signal })),
  });
}

/** All targets of a project. */
export function inventoryQuery(reference: string) {
  return queryOptions({
    queryKey: ["projects", reference, "targets"],
    queryFn: ({ signal }): Promise<Schemas["TargetBody"][]> =>
      whole((cursor) =>
        answer(
          api.GET("/projects/{id}/targets", {
            params: { path: { id: reference }, query: { cursor, limit: largest } },
            signal,
          }),
        ),
      ),
    staleTime: 30_000,
  });
}

/** The searches that were saved in a project. */
export function searchesQuery(reference: string) {
  return queryOptions({
    queryKey: ["projects", reference, "searches"],
    queryFn: ({ signal }) =>
      answer(api.GET("/projects/{id}/searches", { params: { path: { id: reference } }, signal })),
  });
}

/** How often each tag stands on a target, the most frequent first. */
export function tagsOf(targets: Schemas["TargetBody"][]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { tags } of targets) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
}
