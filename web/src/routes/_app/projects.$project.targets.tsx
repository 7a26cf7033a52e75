// Targets.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/projects/$project/targets")({
  component: () => <Page title="Targets">.</Page>,
});
