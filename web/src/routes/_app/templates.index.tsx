// Templates.
import { createFileRoute } from "@tanstack/react-router";
import { templatesQuery } from "@/features/templates/queries";
import { Templates } from "@/features/templates/templates";

export const Route = createFileRoute("/_app/templates/")({
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(templatesQuery),
  component: Templates,
});
