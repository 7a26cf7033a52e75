// Changes a template.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { EditTemplate } from "@/features/templates/edit-template";
import { templateQuery } from "@/features/templates/queries";

export const Route = createFileRoute("/_app/templates/$template/edit")({
  component: function TemplateEdit() {
    const { data } = useSuspenseQuery(templateQuery(Route.useParams().template));
    return <EditTemplate template={data} />;
  },
});
