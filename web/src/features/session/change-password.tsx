// Changes one's own password.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";

export function ChangePassword({ name }: { name: string }) {
  const client = useQueryClient();
  const [done, setDone] = useState(0);
  const change = useMutation({
    mutationFn: (form: FormData) => {
      const text = (field: string) => String(form.get(field) ?? "");
      return answer(api.POST("/session/password", { body: { current: text("current"), new: text("new") } }));
    },
    onSuccess: async () => {
      setDone(done + 1);
      await client.invalidateQueries({ queryKey: ["session", "others"] });
      say("The password is changed, and all your other sessions have ended");
    },
  });
  const refused = refusalOf(change.error);
  return (
    <Card title="Password">
      {/* Once it is changed, the form is a new one: nothing secret stays in it. */}
      <form key={done} onSubmit={submitting(change.mutate)} className="flex flex-col gap-4">
        <input type="text" name="username" autoComplete="username" defaultValue={name} hidden readOnly />
        <TextField
          label="Current password"
          name="current"
          type="password"
          required
          autoComplete="current-password"
          error={refused?.field("/current")}
        />
        <TextField
          label="New password"
          name="new"
          type="password"
          required
          minLength={12}
          autoComplete="new-password"
          hint="12 characters at least. All your other sessions end."
          error={refused?.field("/new")}
        />
        <Complaint text={unplaced(change.error, ["/current", "/new"])} />
        <footer className="flex justify-end">
          <Button type="submit" busy={change.isPending}>
            Change the password
          </Button>
        </footer>
      </form>
    </Card>
  );
}
