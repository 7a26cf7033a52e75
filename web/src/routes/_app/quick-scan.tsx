// Quick scan.
import { createFileRoute } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { type Asked, QuickScan } from "@/features/quick-scan/quick-scan";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/quick-scan")({
  validateSearch: (search: Record<string, unknown>): Asked => ({
    project: optionalText(search.project),
    flags: optionalText(search.flags),
    targets: optionalText(search.targets),
  }),
  loader: ({ context }) => chosenProject(context.queryClient, undefined),
  component: function QuickScanPage() {
    const search = Route.useSearch();
    const navigate = Route.useNavigate();
    const { project, projects } = useChosenProject(search.project);
    return (
      <QuickScan
        asked={{ ...search, project }}
        projects={projects}
        onAsk={(next) => navigate({ search: next, replace: true })}
      />
    );
  },
});
