// Makes a user.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { roleNames, roles } from "@/api/access";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";

export function NewUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "").trim();
      const password = String(form.get("password") ?? "");
      return answer(
        api.POST("/users", {
          body: {
            name: text("name"),
            display_name: text("display_name"),
            role: text("role") as Schemas["Role"],
            ...(password && { password }),
          },
        }),
      );
    },
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["users"] });
      say(`${name} is a user now`);
      onClose();
    },
  });
  const refused = refusalOf(create.error);
  return (
    <Dialog title="New user" onClose={onClose}>
      <form onSubmit={submitting(create.mutate)} className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          required
          autoFocus
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          hint="By which they sign in: letters, digits and . _ @ + -"
          error={refused?.field("/name")}
        />
        <TextField
          label="What they are called (optional)"
          name="display_name"
          autoComplete="off"
          error={refused?.field("/display_name")}
        />
        <RoleField error={refused?.field("/role")} />
        <TextField
          label="Password (optional)"
          name="password"
          type="password"
          minLength={12}
          autoComplete="new-password"
          hint="12 characters at least. Without one they can sign in with OpenID alone, if the server has a provider."
          error={refused?.field("/password")}
        />
        <FormEnd
          complaint={unplaced(create.error, ["/name", "/display_name", "/role", "/password"])}
          busy={create.isPending}
          onCancel={onClose}
        >
          Create
        </FormEnd>
      </form>
    </Dialog>
  );
}

export function RoleField({ error, value }: { error: string | undefined; value?: Schemas["Role"] }) {
  const [role, setRole] = useState<Schemas["Role"]>(value ?? "viewer");
  return (
    <SelectField
      label="Role"
      name="role"
      value={role}
      onChange={(event) => setRole(event.target.value as Schemas["Role"])}
      hint={roles[role]}
      error={error}
    >
      {roleNames.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </SelectField>
  );
}
