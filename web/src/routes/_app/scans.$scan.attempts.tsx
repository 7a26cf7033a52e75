// The attempts at the batches of a scan.
import { createFileRoute } from "@tanstack/react-router";
import { outcomes } from "@/api/words";
import { AttemptsPage, type AttemptsView, type OutcomeFilter } from "@/features/scans/attempts-page";
import { attemptsQuery } from "@/features/scans/queries";
import { oneOf, optionalText } from "@/lib/search";

const known = ["failed", ...Object.keys(outcomes)] as OutcomeFilter[];

export const Route = createFileRoute("/_app/scans/$scan/attempts")({
  validateSearch: (search: Record<string, unknown>): AttemptsView => ({
    outcome: oneOf(search.outcome, known),
    attempt: optionalText(search.attempt),
  }),
  loader: ({ context, params }) => context.queryClient.ensureInfiniteQueryData(attemptsQuery(params.scan)),
  component: Attempts,
});

function Attempts() {
  const { scan } = Route.useParams();
  const view = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <AttemptsPage
      id={scan}
      view={view}
      onView={(changes) => navigate({ search: { ...view, ...changes }, replace: true, resetScroll: false })}
    />
  );
}
