// Hosts.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/scans/$scan/hosts")({
  validateSearch: (search: Record<string, unknown>): { where?: string; open?: string } => ({
    where: optionalText(search.where),
    open: optionalText(search.open),
  }),
  component: () => <Page title="Hosts">.</Page>,
});
