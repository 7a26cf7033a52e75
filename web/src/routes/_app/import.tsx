// Import.
import { createFileRoute } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { Import } from "@/features/import/import";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/import")({
  validateSearch: (search: Record<string, unknown>): { project?: string } => ({
    project: optionalText(search.project),
  }),
  loader: ({ context }) => chosenProject(context.queryClient, undefined),
  component: function ImportPage() {
    return <Import {...useChosenProject(Route.useSearch().project)} />;
  },
});
