// The frame of the pages of one project.
import { createFileRoute, Outlet } from "@tanstack/react-router";

export const Route = createFileRoute("/_app/projects/$project")({
  component: Outlet,
});
