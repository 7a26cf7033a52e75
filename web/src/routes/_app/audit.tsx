// Audit log.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/audit")({
  component: () => <Page title="Audit log">.</Page>,
});
