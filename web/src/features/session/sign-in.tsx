// Signing in, with a second factor when one is asked for.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { Refused } from "@/api/problem";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { Door } from "./door";

export function SignIn({ onDone }: { onDone: () => Promise<void> }) {
  const client = useQueryClient();
  const [wantsCode, setWantsCode] = useState(false);
  const signIn = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "");
      const totp = text("totp");
      return answer(
        api.POST("/session", {
          body: { user: text("user"), password: text("password"), ...(totp && { totp }) },
        }),
      );
    },
    onSuccess: async () => {
      client.clear();
      await onDone();
    },
    onError: (error) => {
      if (error instanceof Refused && error.field("/totp")) setWantsCode(true);
    },
  });
  const refused = signIn.error instanceof Refused ? signIn.error : undefined;
  const code = refused?.field("/totp");
  return (
    <Door title="Sign in to NetScan">
      <form onSubmit={submitting(signIn.mutate)} className="flex flex-col gap-4">
        <TextField
          label="User"
          name="user"
          autoComplete="username"
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
            hint="Six digits, from your authenticator"
            autoFocus
            error={code}
          />
        )}
        {signIn.error && !code && (
          <p role="alert" className="font-medium text-danger">
            {signIn.error.message}
          </p>
        )}
        <Button look="primary" type="submit" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </Door>
  );
}
