// All scans.
import { createFileRoute } from "@tanstack/react-router";
import { scansQuery } from "@/features/scans/queries";
import { ScansPage } from "@/features/scans/scans-page";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/scans/")({
  validateSearch: (
    search: Record<string, unknown>,
  ): { project?: string; status?: string; name?: string } => ({
    project: optionalText(search.project),
    status: optionalText(search.status),
    name: optionalText(search.name),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.queryClient.ensureInfiniteQueryData(scansQuery(deps)),
  component: Scans,
});

function Scans() {
  const filter = Route.useSearch();
  const navigate = Route.useNavigate();
  return <ScansPage filter={filter} onFilter={(search) => navigate({ search, replace: true })} />;
}
