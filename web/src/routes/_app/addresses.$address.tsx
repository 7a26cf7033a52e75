// Address.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/addresses/$address")({
  validateSearch: (search: Record<string, unknown>): { project?: string } => ({
    project: optionalText(search.project),
  }),
  component: () => <Page title="Address">.</Page>,
});
