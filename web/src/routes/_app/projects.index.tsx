// Projects.
import { createFileRoute } from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import { ProjectList } from "@/features/projects/project-list";

export const Route = createFileRoute("/_app/projects/")({
  loader: ({ context }) => context.queryClient.ensureQueryData(projectsQuery),
  component: ProjectList,
});
