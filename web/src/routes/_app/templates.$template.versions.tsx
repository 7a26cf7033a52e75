// The versions of a template.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { templateQuery } from "@/features/templates/queries";
import { Versions } from "@/features/templates/versions";
import { optionalNumber } from "@/lib/search";

export const Route = createFileRoute("/_app/templates/$template/versions")({
  validateSearch: (search: Record<string, unknown>): { before?: number; after?: number } => ({
    before: optionalNumber(search.before),
    after: optionalNumber(search.after),
  }),
  component: function TemplateVersions() {
    const { template: id } = Route.useParams();
    const { before, after } = Route.useSearch();
    const navigate = useNavigate();
    const { data: template } = useSuspenseQuery(templateQuery(id));
    return (
      <Versions
        template={template}
        compared={{
          before: before ?? Math.max(1, template.newest - 1),
          after: after ?? template.newest,
        }}
        compare={(search) =>
          void navigate({ to: "/templates/$template/versions", params: { template: id }, search })
        }
      />
    );
  },
});
