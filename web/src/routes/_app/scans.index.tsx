// Scans.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/scans/")({
  validateSearch: (
    search: Record<string, unknown>,
  ): { project?: string; status?: string; name?: string } => ({
    project: optionalText(search.project),
    status: optionalText(search.status),
    name: optionalText(search.name),
  }),
  component: () => <Page title="Scans">.</Page>,
});
