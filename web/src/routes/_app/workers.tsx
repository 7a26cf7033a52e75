// Workers.
import { createFileRoute } from "@tanstack/react-router";
import { Workers, workersQuery } from "@/features/workers/workers";

export const Route = createFileRoute("/_app/workers")({
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(workersQuery),
  component: Workers,
});
