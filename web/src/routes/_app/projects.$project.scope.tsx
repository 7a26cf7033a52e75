// Scope.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/projects/$project/scope")({
  component: () => <Page title="Scope">.</Page>,
});
