// Tokens.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/tokens")({
  component: () => <Page title="Tokens">.</Page>,
});
