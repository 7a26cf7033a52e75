// Overview.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/")({
  component: () => <Page title="Overview">.</Page>,
});
