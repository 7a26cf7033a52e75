// Organisations.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/organisations")({
  component: () => <Page title="Organisations">.</Page>,
});
