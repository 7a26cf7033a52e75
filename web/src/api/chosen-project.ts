// The project that a page is about: the one in its address, or else that of the newest scan.
import { type QueryClient, queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { projectsQuery } from "./projects";

const newestScanQuery = queryOptions({
  queryKey: ["scans", "newest"],
  queryFn: ({ signal }) => answer(api.GET("/scans", { params: { query: { limit: 1 } }, signal })),
  staleTime: 60_000,
});

function choose(
  asked: string | undefined,
  projects: Schemas["ProjectBody"][],
  newest: Schemas["Page_Scan"],
): string | undefined {
  return asked ?? newest.items[0]?.project ?? projects[0]?.name;
}

/** For loaders: what the page will be about, or nothing when there is no project at all. */
export async function chosenProject(client: QueryClient, asked: string | undefined) {
  const [projects, newest] = await Promise.all([
    client.ensureQueryData(projectsQuery),
    client.fetchQuery(newestScanQuery),
  ]);
  return choose(asked, projects, newest);
}

/** The project that the page is about, and all there are to choose from. */
export function useChosenProject(asked: string | undefined) {
  const projects = useSuspenseQuery(projectsQuery).data;
  const newest = useSuspenseQuery(newestScanQuery).data;
  return { project: choose(asked, projects, newest), projects };
}
