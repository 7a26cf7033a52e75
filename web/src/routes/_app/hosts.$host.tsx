// Host.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/hosts/$host")({
  component: () => <Page title="Host">.</Page>,
});
