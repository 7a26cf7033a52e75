// The batches of a scan.
import { createFileRoute } from "@tanstack/react-router";
import { batchStates } from "@/api/words";
import { BatchesPage, type BatchesView } from "@/features/scans/batches-page";
import { type BatchState, batchesQuery } from "@/features/scans/queries";
import { oneOf, optionalText } from "@/lib/search";

const states = Object.keys(batchStates) as BatchState[];

export const Route = createFileRoute("/_app/scans/$scan/batches")({
  validateSearch: (search: Record<string, unknown>): BatchesView => ({
    state: oneOf(search.state, states),
    batch: optionalText(search.batch),
  }),
  loaderDeps: ({ search: { state } }) => ({ state }),
  loader: ({ context, params, deps }) =>
    context.queryClient.ensureInfiniteQueryData(batchesQuery(params.scan, deps.state)),
  component: Batches,
});

function Batches() {
  const { scan } = Route.useParams();
  const view = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <BatchesPage
      id={scan}
      view={view}
      onView={(changes) => navigate({ search: { ...view, ...changes }, replace: true, resetScroll: false })}
    />
  );
}
