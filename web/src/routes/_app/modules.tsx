// Modules.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/modules")({
  component: () => <Page title="Modules">.</Page>,
});
