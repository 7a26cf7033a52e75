// The targets of a project.
import { createFileRoute } from "@tanstack/react-router";
import { inventoryQuery } from "@/api/projects";
import { type Filter, Inventory } from "@/features/projects/inventory";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/projects/$project/targets")({
  validateSearch: (search: Record<string, unknown>): Filter => ({
    q: optionalText(search.q),
    tag: optionalText(search.tag),
  }),
  loader: ({ context, params }) => context.queryClient.ensureQueryData(inventoryQuery(params.project)),
  component: function ProjectTargets() {
    const { project } = Route.useParams();
    const navigate = Route.useNavigate();
    return (
      <Inventory
        reference={project}
        filter={Route.useSearch()}
        onFilter={(search) => navigate({ search, replace: true })}
      />
    );
  },
});
