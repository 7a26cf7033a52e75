// Changes what a user is called and what they are to the organisation.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";
import { RoleField } from "./new-user";
import { type User, unchanged } from "./queries";

export function EditUser({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (form: FormData) =>
      answer(
        api.PUT("/users/{id}", {
          params: { path: { id: user.id } },
          body: {
            ...unchanged,
            display_name: String(form.get("display_name") ?? "").trim(),
            role: String(form.get("role")) as Schemas["Role"],
          },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["users"] });
      // One's own role and name are in the session.
      await client.invalidateQueries({ queryKey: ["session"] });
      say(`${user.name} is changed`);
      onClose();
    },
  });
  const refused = refusalOf(change.error);
  return (
    <Dialog title={`Change ${user.name}`} onClose={onClose}>
      <form onSubmit={submitting(change.mutate)} className="flex flex-col gap-4">
        <TextField
          label="What they are called"
          name="display_name"
          defaultValue={user.display_name}
          autoComplete="off"
          error={refused?.field("/display_name")}
        />
        <RoleField value={user.role} error={refused?.field("/role")} />
        <FormEnd
          complaint={unplaced(change.error, ["/display_name", "/role"])}
          busy={change.isPending}
          onCancel={onClose}
        >
          Save
        </FormEnd>
      </form>
    </Dialog>
  );
}
