// The first user, made once by whoever started the server.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { Door } from "./door";

export function SetUp({ token, onDone }: { token: string | undefined; onDone: () => Promise<void> }) {
  const client = useQueryClient();
  const setUp = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "").trim();
      const organisation = text("organisation");
      return answer(
        api.POST("/setup", {
          body: {
            token: token ?? text("token"),
            user: text("user"),
            password: String(form.get("password") ?? ""),
            ...(organisation && { organisation }),
          },
        }),
      );
    },
    onSuccess: async () => {
      client.clear();
      await onDone();
    },
  });
  const refused = refusalOf(setUp.error);
  return (
    <Door title="Make the first user">
      <p className="text-muted">They will be the admin of the organisation, and can add others.</p>
      <form onSubmit={submitting(setUp.mutate)} className="flex flex-col gap-4">
        {!token && (
          <TextField
            label="Set-up token"
            name="token"
            required
            hint="The server printed it when it started, at the end of the set-up link"
            error={refused?.field("/token")}
          />
        )}
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
          autoComplete="new-password"
          required
          minLength={12}
          hint="12 characters at least"
          error={refused?.field("/password")}
        />
        <TextField
          label="Organisation (optional)"
          name="organisation"
          hint="It is called default if you leave this out"
          error={refused?.field("/organisation")}
        />
        <Complaint
          text={unplaced(setUp.error, ["/user", "/password", "/organisation", ...(token ? [] : ["/token"])])}
        />
        <Button look="primary" type="submit" busy={setUp.isPending}>
          Make the user
        </Button>
      </form>
    </Door>
  );
}
