// The saved searches of a project.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { projectQuery, searchesQuery } from "@/api/projects";
import { Searches } from "@/features/projects/searches";

export const Route = createFileRoute("/_app/projects/$project/searches")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(searchesQuery(params.project)),
  component: function ProjectSearches() {
    const { project: reference } = Route.useParams();
    const { data: project } = useSuspenseQuery(projectQuery(reference));
    return <Searches reference={reference} project={project.name} />;
  },
});
