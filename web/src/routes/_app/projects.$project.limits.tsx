// The limits of a project.
import { createFileRoute } from "@tanstack/react-router";
import { ProjectLimits } from "@/features/projects/limits";
import { limitsQuery } from "@/features/projects/queries";

export const Route = createFileRoute("/_app/projects/$project/limits")({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(limitsQuery(params.project)),
  component: function Limits() {
    return <ProjectLimits reference={Route.useParams().project} />;
  },
});
