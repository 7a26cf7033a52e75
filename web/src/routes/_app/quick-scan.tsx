// Quick scan.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import { type Asked, QuickScan } from "@/features/quick-scan/quick-scan";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/quick-scan")({
  validateSearch: (search: Record<string, unknown>): Asked => ({
    project: optionalText(search.project),
    flags: optionalText(search.flags),
    targets: optionalText(search.targets),
  }),
  loader: ({ context }) => context.queryClient.ensureQueryData(projectsQuery),
  component: function QuickScanPage() {
    const navigate = Route.useNavigate();
    const { data: projects } = useSuspenseQuery(projectsQuery);
    return (
      <QuickScan
        asked={Route.useSearch()}
        projects={projects}
        onAsk={(search) => navigate({ search, replace: true })}
      />
    );
  },
});
