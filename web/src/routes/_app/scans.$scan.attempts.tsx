// Attempts.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/scans/$scan/attempts")({
  component: () => <Page title="Attempts">.</Page>,
});
