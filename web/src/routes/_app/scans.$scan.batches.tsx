// Batches.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/scans/$scan/batches")({
  component: () => <Page title="Batches">.</Page>,
});
