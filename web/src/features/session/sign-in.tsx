// Signing in, with a second factor when one is asked for.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, href } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { setupQuery } from "@/api/session";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { useNow } from "@/ui/time";
import { Door } from "./door";

export function SignIn({ onDone }: { onDone: () => Promise<void> }) {
  const client = useQueryClient();
  const [wantsCode, setWantsCode] = useState(false);
  const [notBefore, setNotBefore] = useState(0);
  const signIn = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "");
      const totp = text("totp").replace(/\s/g, "");
      return answer(
        api.POST("/session", {
          body: { user: text("user").trim(), password: text("password"), ...(totp && { totp }) },
        }),
      );
    },
    onSuccess: async () => {
      client.clear();
      await onDone();
    },
    onError: (error) => {
      const refused = refusalOf(error);
      if (refused?.field("/totp")) setWantsCode(true);
      const wait = refused?.problem.retry_after_seconds;
      setNotBefore(wait ? Date.now() + 1_000 * wait : 0);
    },
  });
  const refused = refusalOf(signIn.error);
  const wait = useWait(notBefore);
  // Until a code was sent, that one is wanted is no mistake.
  const asksFirst = signIn.error && !signIn.variables?.get("totp");
  return (
    <Door title="Sign in to NetScan">
      <form onSubmit={submitting(signIn.mutate)} className="flex flex-col gap-4">
        <TextField
          label="User"
          name="user"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          error={refused?.field("/user")}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          error={refused?.field("/password")}
        />
        {wantsCode && (
          <TextField
            label="Code"
            name="totp"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={7}
            required
            hint="Six digits, as your authenticator shows them now. Who has lost it asks an admin."
            autoFocus
            error={asksFirst ? undefined : refused?.field("/totp")}
          />
        )}
        <Complaint text={unplaced(signIn.error, ["/user", "/password", "/totp"])} />
        {wait > 0 && (
          <p className="text-muted" role="timer">
            You can try again in {waitInWords(wait)}.
          </p>
        )}
        <Button
          look="primary"
          type="submit"
          busy={signIn.isPending}
          reason={wait > 0 ? `wait ${waitInWords(wait)}` : undefined}
        >
          Sign in
        </Button>
      </form>
      <Provider />
    </Door>
  );
}

/** The way round by an OpenID provider, where the server says that it has one. */
function Provider() {
  const { data } = useQuery(setupQuery);
  if (!data?.openid) return null;
  return (
    <a
      href={href("/session/oidc")}
      className="inline-flex min-h-9 items-center justify-center rounded-md border border-edge bg-surface px-3.5 font-medium hover:bg-raised"
    >
      Sign in with OpenID
    </a>
  );
}

/** Whole seconds until a moment; none once it has come. */
function useWait(until: number): number {
  const now = useNow();
  return Math.max(0, Math.ceil((until - now) / 1_000));
}

function waitInWords(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}
