// Log.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/scans/$scan/log")({
  component: () => <Page title="Log">.</Page>,
});
