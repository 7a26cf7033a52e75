// Difficult targets.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/difficult-targets")({
  validateSearch: (search: Record<string, unknown>): { project?: string; scan?: string } => ({
    project: optionalText(search.project),
    scan: optionalText(search.scan),
  }),
  component: () => <Page title="Difficult targets">.</Page>,
});
