// The first user.
import { createFileRoute, useRouter } from "@tanstack/react-router";
import { SetUp } from "@/features/session/set-up";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/setup")({
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({
    token: optionalText(search.token),
  }),
  component: function SetUpPage() {
    const router = useRouter();
    const { token } = Route.useSearch();
    return <SetUp token={token} onDone={() => router.navigate({ to: "/" })} />;
  },
});
