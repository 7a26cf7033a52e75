// Import.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/import")({
  component: () => <Page title="Import">.</Page>,
});
