// The frame of the pages of one project.
import { createFileRoute, notFound, Outlet } from "@tanstack/react-router";
import { Refused } from "@/api/problem";
import { projectQuery } from "@/api/projects";
import { ProjectFrame } from "@/features/projects/project-frame";

export const Route = createFileRoute("/_app/projects/$project")({
  loader: async ({ context, params }) => {
    try {
      await context.queryClient.ensureQueryData(projectQuery(params.project));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) throw notFound();
      throw error;
    }
  },
  component: function ProjectLayout() {
    const { project } = Route.useParams();
    return (
      <ProjectFrame reference={project}>
        <Outlet />
      </ProjectFrame>
    );
  },
});
