// Hosts.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/hosts/")({
  validateSearch: (search: Record<string, unknown>): { project?: string; q?: string; as_of?: string } => ({
    project: optionalText(search.project),
    q: optionalText(search.q),
    as_of: optionalText(search.as_of),
  }),
  component: () => <Page title="Hosts">.</Page>,
});
