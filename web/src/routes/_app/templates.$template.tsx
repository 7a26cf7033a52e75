// Template.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/templates/$template")({
  component: () => <Page title="Template">.</Page>,
});
