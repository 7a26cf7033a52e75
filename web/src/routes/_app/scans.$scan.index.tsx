// The dashboard of a scan.
import { createFileRoute } from "@tanstack/react-router";
import { coverageStates } from "@/api/words";
import { Dashboard, type DashboardView } from "@/features/scans/dashboard";
import type { CoverageState } from "@/features/scans/queries";
import { oneOf, optionalText } from "@/lib/search";

const states = Object.keys(coverageStates) as CoverageState[];

export const Route = createFileRoute("/_app/scans/$scan/")({
  validateSearch: (search: Record<string, unknown>): DashboardView => ({
    within: optionalText(search.within),
    order: oneOf(search.order, ["hilbert", "rows"]),
    shade: oneOf(search.shade, ["worst", "most"]),
    state: oneOf(search.state, states),
    gaps: search.gaps === true || undefined,
  }),
  component: ScanDashboard,
});

function ScanDashboard() {
  const { scan } = Route.useParams();
  const view = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Dashboard
      id={scan}
      view={view}
      onView={(changes) =>
        navigate({
          search: { ...view, ...changes },
          // Going into a network and out again is what the back button is for; a filter is not.
          replace: !("within" in changes),
          resetScroll: false,
        })
      }
    />
  );
}
