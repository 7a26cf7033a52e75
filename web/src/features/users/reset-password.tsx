// Gives a user another password.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";
import { type User, unchanged } from "./queries";

export function ResetPassword({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const reset = useMutation({
    mutationFn: (form: FormData) =>
      answer(
        api.PUT("/users/{id}", {
          params: { path: { id: user.id } },
          body: { ...unchanged, password: String(form.get("password") ?? "") },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["users"] });
      say(`${user.name} has another password, and all their sessions have ended`);
      onClose();
    },
  });
  return (
    <Dialog title={`Reset the password of ${user.name}`} onClose={onClose}>
      <form onSubmit={submitting(reset.mutate)} className="flex flex-col gap-4">
        <p>All their sessions end. Tell them the password yourself; they can change it in their profile.</p>
        <TextField
          label="New password"
          name="password"
          type="password"
          required
          minLength={12}
          autoFocus
          autoComplete="new-password"
          hint="12 characters at least"
          error={refusalOf(reset.error)?.field("/password")}
        />
        <FormEnd complaint={unplaced(reset.error, ["/password"])} busy={reset.isPending} onCancel={onClose}>
          Reset the password
        </FormEnd>
      </form>
    </Dialog>
  );
}
