// Hosts.
import { createFileRoute, redirect } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { projectsQuery, searchesQuery } from "@/api/projects";
import { HostsExplorer } from "@/features/hosts/hosts-explorer";
import { foundQuery } from "@/features/hosts/queries";
import { NoProject } from "@/features/shell/no-project";
import { ProjectSelect } from "@/features/shell/project-select";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/hosts/")({
  validateSearch: (search: Record<string, unknown>): { project?: string; q?: string; as_of?: string } => ({
    project: optionalText(search.project),
    q: optionalText(search.q),
    as_of: moment(search.as_of),
  }),
  beforeLoad: async ({ context: { queryClient }, search }) => {
    if (search.project) return;
    // The address says which project it is, so that the page stays with it.
    const project = await chosenProject(queryClient, undefined);
    if (project) throw redirect({ to: "/hosts", search: { ...search, project }, replace: true });
  },
  loaderDeps: ({ search: { project } }) => ({ project }),
  loader: async ({ context: { queryClient }, deps: { project }, location }) => {
    await queryClient.ensureQueryData(projectsQuery);
    if (!project) return;
    const { q, as_of } = location.search as { q?: string; as_of?: string };
    // A query that is refused is shown by the page; the loader only gives it a start.
    if (!as_of) void queryClient.prefetchQuery(foundQuery({ project, q }, 0));
    await queryClient.ensureQueryData(searchesQuery(project));
  },
  component: Hosts,
});

function Hosts() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { project, projects } = useChosenProject(search.project);
  if (!project) return <NoProject title="Hosts" />;
  return (
    <HostsExplorer
      sought={{ project, q: search.q, as_of: search.as_of }}
      picker={
        <ProjectSelect
          projects={projects}
          project={project}
          onPick={(next) => void navigate({ search: { q: search.q, project: next } })}
        />
      }
      onSeek={(change) => void navigate({ search: (before) => ({ ...before, project, ...change }) })}
    />
  );
}

function moment(value: unknown): string | undefined {
  const text = optionalText(value);
  return text && !Number.isNaN(Date.parse(text)) ? text : undefined;
}
