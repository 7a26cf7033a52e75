// One template: what it does, and its text.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import { Overview } from "@/features/templates/overview";
import { templateQuery } from "@/features/templates/queries";
import { optionalNumber } from "@/lib/search";

export const Route = createFileRoute("/_app/templates/$template/")({
  validateSearch: (search: Record<string, unknown>): { version?: number } => ({
    version: optionalNumber(search.version),
  }),
  loaderDeps: ({ search: { version } }) => ({ version }),
  loader: ({ context: { queryClient }, params, deps }) =>
    Promise.all([
      queryClient.ensureQueryData(templateQuery(params.template, deps.version)),
      queryClient.ensureQueryData(projectsQuery),
    ]),
  component: function TemplateOverview() {
    const { template } = Route.useParams();
    const { version } = Route.useSearch();
    const { data } = useSuspenseQuery(templateQuery(template, version));
    const { data: projects } = useSuspenseQuery(projectsQuery);
    return <Overview template={data} projects={projects.map(({ name }) => name)} />;
  },
});
