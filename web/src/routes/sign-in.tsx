// Signing in.
import { createFileRoute, redirect, useRouter } from "@tanstack/react-router";
import { isSignedOut } from "@/api/problem";
import { sessionQuery } from "@/api/session";
import { SignIn } from "@/features/session/sign-in";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/sign-in")({
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({
    next: optionalText(search.next),
  }),
  beforeLoad: async ({ context: { queryClient }, search }) => {
    // Whoever was sent here was just refused, and is not asked about again.
    if (isSignedOut(queryClient.getQueryState(sessionQuery.queryKey)?.error)) return;
    const isSignedIn = await queryClient.ensureQueryData(sessionQuery).then(
      () => true,
      () => false,
    );
    if (isSignedIn) throw redirect({ href: ours(search.next) });
  },
  component: function SignInPage() {
    const router = useRouter();
    const { next } = Route.useSearch();
    return <SignIn onDone={() => router.navigate({ href: ours(next) })} />;
  },
});

/** Only a page of ours behind this one: `//elsewhere` would be another server's. */
function ours(next: string | undefined): string {
  return next?.startsWith("/") && !/^\/([/\\]|sign-in)/.test(next) ? next : "/";
}
