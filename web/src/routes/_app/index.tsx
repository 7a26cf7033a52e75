// Overview.
import { createFileRoute } from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import { Overview } from "@/features/overview/overview";
import { ScanList } from "@/features/scans/scan-list";

export const Route = createFileRoute("/_app/")({
  loader: ({ context }) => context.queryClient.ensureQueryData(projectsQuery),
  component: function OverviewPage() {
    return <Overview showScans={(scans, label) => <ScanList scans={scans} label={label} />} />;
  },
});
