// Two scans compared.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, notFound, redirect } from "@tanstack/react-router";
import { useMemo } from "react";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { Refused } from "@/api/problem";
import { projectsQuery } from "@/api/projects";
import { ComparePage } from "@/features/compare/compare-page";
import { comparableQuery, kinds, scanQuery } from "@/features/compare/queries";
import { NoProject } from "@/features/shell/no-project";
import { ProjectSelect } from "@/features/shell/project-select";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/compare")({
  validateSearch: (
    search: Record<string, unknown>,
  ): { project?: string; from?: string; to?: string; only?: string; suspects?: boolean } => ({
    project: optionalText(search.project),
    from: optionalText(search.from),
    to: optionalText(search.to),
    only: optionalText(search.only),
    suspects: search.suspects === true || undefined,
  }),
  beforeLoad: async ({ context: { queryClient }, search }) => {
    if (search.project) return;
    const scan = search.to ?? search.from;
    try {
      // A link to scans need not say whose they are; the address of the page does, so that it stays with them.
      const asked = scan && (await queryClient.ensureQueryData(scanQuery(scan))).project;
      const project = await chosenProject(queryClient, asked);
      if (project) throw redirect({ to: "/compare", search: { ...search, project }, replace: true });
    } catch (error) {
      if (error instanceof Refused && [400, 404, 422].includes(error.status)) throw notFound();
      throw error;
    }
  },
  loaderDeps: ({ search: { project } }) => ({ project }),
  loader: async ({ context: { queryClient }, deps: { project } }) => {
    await queryClient.ensureQueryData(projectsQuery);
    if (project) await queryClient.ensureQueryData(comparableQuery(project));
  },
  component: Compare,
});

function Compare() {
  const { project } = Route.useSearch();
  return project ? <OfProject project={project} /> : <NoProject title="Compare" />;
}

function OfProject({ project }: { project: string }) {
  const { from, to, only, suspects } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { projects } = useChosenProject(project);
  // The list is there before the page is; asking for it here keeps it fresh.
  useSuspenseQuery(comparableQuery(project));
  const chosen = useMemo(() => {
    const said = only?.split(",") ?? [];
    return kinds.filter((kind) => said.includes(kind));
  }, [only]);
  return (
    <ComparePage
      project={project}
      pair={{ from, to }}
      only={chosen}
      suspects={suspects === true}
      picker={
        <ProjectSelect
          projects={projects}
          project={project}
          onPick={(next) => void navigate({ search: { project: next } })}
        />
      }
      onPick={(pair) => void navigate({ search: { project, only, suspects, ...pair } })}
      onOnly={(next) =>
        void navigate({
          search: { project, from, to, only: next.join(",") || undefined, suspects },
          replace: true,
        })
      }
      onSuspects={(next) =>
        void navigate({ search: { project, from, to, only, suspects: next || undefined }, replace: true })
      }
    />
  );
}
