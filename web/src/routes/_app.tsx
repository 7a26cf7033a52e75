// The frame of all pages that one has to be signed in for.
import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Outlet, redirect, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
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
  component: function Frame() {
    const { error } = useQuery(sessionQuery);
    const router = useRouter();
    const isOver = isSignedOut(error);
    // The session ended while one was here. Who is writing something may stay and keep it.
    useEffect(() => {
      if (!isOver) return;
      void router.navigate({ to: "/sign-in", search: { next: router.state.location.href } });
    }, [isOver, router]);
    return (
      <Shell>
        <Outlet />
      </Shell>
    );
  },
});
