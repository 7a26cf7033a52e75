// What runs in a project.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { projectsQuery, searchesQuery } from "@/api/projects";
import { ServicesPage } from "@/features/hosts/services-page";
import { NoProject } from "@/features/shell/no-project";
import { ProjectSelect } from "@/features/shell/project-select";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/services")({
  validateSearch: (search: Record<string, unknown>): { project?: string; q?: string } => ({
    project: optionalText(search.project),
    q: optionalText(search.q),
  }),
  beforeLoad: async ({ context: { queryClient }, search }) => {
    if (search.project) return;
    // The address says which project it is, so that the page stays with it.
    const project = await chosenProject(queryClient, undefined);
    if (project) throw redirect({ to: "/services", search: { ...search, project }, replace: true });
  },
  loaderDeps: ({ search: { project } }) => ({ project }),
  loader: async ({ context: { queryClient }, deps: { project } }) => {
    await queryClient.ensureQueryData(projectsQuery);
    if (project) await queryClient.ensureQueryData(searchesQuery(project));
  },
  component: Services,
});

function Services() {
  const { project } = useChosenProject(Route.useSearch().project);
  return project ? <OfProject project={project} /> : <NoProject title="Services" />;
}

function OfProject({ project }: { project: string }) {
  const { q } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { projects } = useChosenProject(project);
  const saved = useSuspenseQuery(searchesQuery(project)).data;
  return (
    <ServicesPage
      project={project}
      query={q ?? ""}
      saved={saved}
      picker={
        <ProjectSelect
          projects={projects}
          project={project}
          onPick={(next) => void navigate({ search: { project: next } })}
        />
      }
      onSeek={(next) => void navigate({ search: { project, q: next || undefined } })}
    />
  );
}
