// New scan.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/new-scan")({
  validateSearch: (
    search: Record<string, unknown>,
  ): { project?: string; targets?: string; search?: string; template?: string } => ({
    project: optionalText(search.project),
    targets: optionalText(search.targets),
    search: optionalText(search.search),
    template: optionalText(search.template),
  }),
  component: () => <Page title="New scan">.</Page>,
});
