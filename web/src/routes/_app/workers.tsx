// Workers.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/workers")({
  component: () => <Page title="Workers">.</Page>,
});
