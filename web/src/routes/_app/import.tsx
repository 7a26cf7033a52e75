// Import.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import { Import } from "@/features/import/import";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/import")({
  validateSearch: (search: Record<string, unknown>): { project?: string } => ({
    project: optionalText(search.project),
  }),
  loader: ({ context }) => context.queryClient.ensureQueryData(projectsQuery),
  component: function ImportPage() {
    const { data: projects } = useSuspenseQuery(projectsQuery);
    return <Import project={Route.useSearch().project} projects={projects} />;
  },
});
