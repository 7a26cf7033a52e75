// Difficult targets.
import { createFileRoute, notFound } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { Refused } from "@/api/problem";
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
  loaderDeps: ({ search: { project, scan } }) => ({ project, scan }),
  loader: async ({ context: { queryClient }, deps: { project, scan } }) => {
    try {
      // A link to a scan need not say whose it is.
      const asked = project ?? (scan && (await queryClient.ensureQueryData(scanQuery(scan))).project);
      return { project: await chosenProject(queryClient, asked) };
    } catch (error) {
      if (error instanceof Refused && [404, 422].includes(error.status)) throw notFound();
      throw error;
    }
  },
  component: DifficultTargets,
});

function DifficultTargets() {
  const { project } = Route.useLoaderData();
  const { scan, state, reason } = Route.useSearch();
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
