// Limits.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/projects/$project/limits")({
  component: () => <Page title="Limits">.</Page>,
});
