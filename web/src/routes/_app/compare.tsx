// Compare.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/compare")({
  validateSearch: (
    search: Record<string, unknown>,
  ): { project?: string; from?: string; to?: string; only?: string } => ({
    project: optionalText(search.project),
    from: optionalText(search.from),
    to: optionalText(search.to),
    only: optionalText(search.only),
  }),
  component: () => <Page title="Compare">.</Page>,
});
