// Templates.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/templates/")({
  component: () => <Page title="Templates">.</Page>,
});
