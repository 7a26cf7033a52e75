// Users.
import { createFileRoute } from "@tanstack/react-router";
import { usersQuery } from "@/features/users/queries";
import { Users } from "@/features/users/users";

export const Route = createFileRoute("/_app/users")({
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(usersQuery),
  component: Users,
});
