// Services.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/services")({
  validateSearch: (search: Record<string, unknown>): { project?: string; q?: string } => ({
    project: optionalText(search.project),
    q: optionalText(search.q),
  }),
  component: () => <Page title="Services">.</Page>,
});
