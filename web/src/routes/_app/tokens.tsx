// Tokens.
import { createFileRoute } from "@tanstack/react-router";
import { tokensQuery } from "@/features/tokens/queries";
import { Tokens } from "@/features/tokens/tokens";

export const Route = createFileRoute("/_app/tokens")({
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(tokensQuery),
  component: Tokens,
});
