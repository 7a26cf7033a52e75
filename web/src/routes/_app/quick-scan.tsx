// Quick scan.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/quick-scan")({
  component: () => <Page title="Quick scan">.</Page>,
});
