// The frame of all pages that one has to be signed in for.
import { createFileRoute, Outlet, redirect } from "@tanstack/react-router";
import { isSignedOut } from "@/api/problem";
import { sessionQuery, setupQuery } from "@/api/session";
import { Shell } from "@/features/shell/shell";

export const Route = createFileRoute("/_app")({
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      const { needed } = await context.queryClient.ensureQueryData(setupQuery);
      if (needed) throw redirect({ to: "/setup" });
      throw redirect({ to: "/sign-in", search: { next: location.href } });
    }
  },
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
});
