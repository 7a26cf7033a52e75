// Modules.
import { createFileRoute } from "@tanstack/react-router";
import { Modules, modulesQuery } from "@/features/modules/modules";

export const Route = createFileRoute("/_app/modules")({
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(modulesQuery),
  component: Modules,
});
