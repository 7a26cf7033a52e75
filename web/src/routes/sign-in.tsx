// Signing in.
import { createFileRoute, useRouter } from "@tanstack/react-router";
import { SignIn } from "@/features/session/sign-in";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/sign-in")({
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({
    next: optionalText(search.next),
  }),
  component: function SignInPage() {
    const router = useRouter();
    const { next } = Route.useSearch();
    // Only an address of ours: `//elsewhere` would be another server's.
    const isOurs = next?.startsWith("/") && !/^\/[/\\]/.test(next);
    return <SignIn onDone={() => router.navigate({ href: next && isOurs ? next : "/" })} />;
  },
});
