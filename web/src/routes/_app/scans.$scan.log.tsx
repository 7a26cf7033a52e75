// The log of a scan.
import { createFileRoute } from "@tanstack/react-router";
import type { LogView } from "@/features/scans/log-entries";
import { LogPage } from "@/features/scans/log-page";
import { oneOf, optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/scans/$scan/log")({
  validateSearch: (search: Record<string, unknown>): LogView => ({
    show: oneOf(search.show, ["lines", "events"]),
    text: optionalText(search.text),
    batch: optionalText(search.batch),
    from: oneOf(search.from, ["start"]),
  }),
  component: Log,
});

function Log() {
  const { scan } = Route.useParams();
  const view = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <LogPage
      id={scan}
      view={view}
      onView={(changes) =>
        navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false })
      }
    />
  );
}
