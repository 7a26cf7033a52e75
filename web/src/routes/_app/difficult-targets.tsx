// Difficult targets.
import { createFileRoute, notFound, redirect } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { Refused } from "@/api/problem";
import { projectsQuery } from "@/api/projects";
import { DifficultPage } from "@/features/difficult/difficult-page";
import { scanQuery } from "@/features/difficult/queries";
import { NoProject } from "@/features/shell/no-project";
import { ProjectSelect } from "@/features/shell/project-select";
import { oneOf, optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/difficult-targets")({
  validateSearch: (
    search: Record<string, unknown>,
  ): { project?: string; scan?: string; state?: string; reason?: string } => ({
    project: optionalText(search.project),
    scan: optionalText(search.scan),
    state: oneOf(search.state, ["timed_out", "failed"] as const),
    reason: optionalText(search.reason),
  }),
  beforeLoad: async ({ context: { queryClient }, search }) => {
    if (search.project) return;
    try {
      // A link to a scan need not say whose it is; the address of the page does, so that it stays with it.
      const asked = search.scan && (await queryClient.ensureQueryData(scanQuery(search.scan))).project;
      const project = await chosenProject(queryClient, asked);
      if (project)
        throw redirect({ to: "/difficult-targets", search: { ...search, project }, replace: true });
    } catch (error) {
      if (error instanceof Refused && [400, 404, 422].includes(error.status)) throw notFound();
      throw error;
    }
  },
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(projectsQuery),
  component: DifficultTargets,
});

function DifficultTargets() {
  const { project, scan, state, reason } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { projects } = useChosenProject(project);
  if (!project) return <NoProject title="Difficult targets" />;
  return (
    <DifficultPage
      project={project}
      asked={{ scan, state, reason }}
      picker={
        <ProjectSelect
          projects={projects}
          project={project}
          onPick={(next) => void navigate({ search: { project: next } })}
        />
      }
      onAsk={(change) => void navigate({ search: (before) => ({ ...before, project, ...change }) })}
    />
  );
}
