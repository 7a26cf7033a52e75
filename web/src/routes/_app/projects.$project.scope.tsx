// The scope of a project.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { projectQuery } from "@/api/projects";
import { scopeQuery } from "@/features/projects/queries";
import { ScopeEditor } from "@/features/projects/scope-editor";

export const Route = createFileRoute("/_app/projects/$project/scope")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(scopeQuery(params.project)),
  component: function ProjectScope() {
    const { project: reference } = Route.useParams();
    const { data: project } = useSuspenseQuery(projectQuery(reference));
    return <ScopeEditor reference={reference} project={project.name} />;
  },
});
