// The first user.
import { createFileRoute, redirect, useRouter } from "@tanstack/react-router";
import { setupQuery } from "@/api/session";
import { SetUp } from "@/features/session/set-up";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/setup")({
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({
    token: optionalText(search.token),
  }),
  beforeLoad: async ({ context: { queryClient } }) => {
    const { needed } = await queryClient.fetchQuery(setupQuery);
    if (!needed) throw redirect({ to: "/sign-in" });
  },
  component: function SetUpPage() {
    const router = useRouter();
    const { token } = Route.useSearch();
    return <SetUp token={token} onDone={() => router.navigate({ to: "/" })} />;
  },
});
