// Scan.
import { createFileRoute } from "@tanstack/react-router";
import { optionalText } from "@/lib/search";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/scans/$scan/")({
  validateSearch: (search: Record<string, unknown>): { within?: string } => ({
    within: optionalText(search.within),
  }),
  component: () => <Page title="Scan">.</Page>,
});
