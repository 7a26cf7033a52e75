// Profile.
import { createFileRoute } from "@tanstack/react-router";
import { Profile } from "@/features/session/profile";
import { sessionsQuery } from "@/features/session/queries";

export const Route = createFileRoute("/_app/profile")({
  loader: ({ context: { queryClient } }) => queryClient.prefetchQuery(sessionsQuery),
  component: Profile,
});
