// One template.
import { createFileRoute, Outlet, useRouter } from "@tanstack/react-router";
import { templateQuery } from "@/features/templates/queries";
import { TemplatePage } from "@/features/templates/template-page";

export const Route = createFileRoute("/_app/templates/$template")({
  loader: ({ context: { queryClient }, params }) =>
    queryClient.ensureQueryData(templateQuery(params.template)),
  component: function TemplateFrame() {
    const router = useRouter();
    const { template } = Route.useParams();
    return (
      <TemplatePage
        key={template}
        id={template}
        onRemoved={() => router.navigate({ to: "/templates", ignoreBlocker: true })}
      >
        <Outlet />
      </TemplatePage>
    );
  },
});
