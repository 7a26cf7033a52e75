// Projects.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/projects/")({
  component: () => <Page title="Projects">.</Page>,
});
