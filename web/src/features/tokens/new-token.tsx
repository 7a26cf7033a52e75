// Makes a token of one's own.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { comesWith, permissions as known, roleNames, roles } from "@/api/access";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { type Permission, useSession } from "@/api/session";
import { zone } from "@/lib/moments";
import { Dialog } from "@/ui/dialog";
import { CheckField, SelectField, TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { submitting } from "@/ui/submitting";
import { expiry, type Lifetime, lifetimes } from "./expiry";

type Role = Schemas["Role"];

export function NewToken({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (token: Schemas["NewToken"]) => void;
}) {
  const client = useQueryClient();
  const session = useSession();
  const [role, setRole] = useState<Role>(session.role);
  const [isNarrow, setNarrow] = useState(false);
  const [lifetime, setLifetime] = useState<Lifetime>("quarter");
  const create = useMutation({
    mutationFn: (form: FormData) =>
      answer(
        api.POST("/tokens", {
          body: {
            name: String(form.get("name") ?? "").trim(),
            role,
            ...(isNarrow && { scopes: form.getAll("scope") as Permission[] }),
            ...expiry(lifetime, String(form.get("moment") ?? "")),
          },
        }),
      ),
    onSuccess: async (token) => {
      await client.invalidateQueries({ queryKey: ["tokens"] });
      onMade(token);
    },
  });
  const refused = refusalOf(create.error);
  const ends = refused?.field("/expires_at") ?? refused?.field("/expires_in_seconds");
  return (
    <Dialog title="New token" onClose={onClose}>
      <form onSubmit={submitting(create.mutate)} className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          required
          autoFocus
          autoComplete="off"
          hint="What it is for, such as nightly scans"
          error={refused?.field("/name")}
        />
        <SelectField
          label="Role"
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
          hint={roles[role]}
          error={refused?.field("/role")}
        >
          {roleNames.slice(0, roleNames.indexOf(session.role) + 1).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <Scopes
          role={role}
          isNarrow={isNarrow}
          narrow={setNarrow}
          own={session.permissions}
          error={refused?.field("/scopes")}
        />
        <SelectField
          label="Valid for"
          value={lifetime}
          onChange={(event) => setLifetime(event.target.value as Lifetime)}
          hint={lifetime === "never" ? "Until it is revoked, or you leave the organisation" : undefined}
          error={lifetime === "moment" ? undefined : ends}
        >
          {Object.entries(lifetimes).map(([value, { name }]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
          <option value="moment">Until a moment …</option>
          <option value="never">Without end</option>
        </SelectField>
        {lifetime === "moment" && (
          <TextField
            label="Until"
            name="moment"
            type="datetime-local"
            required
            hint={`In your time zone, ${zone()}`}
            error={ends}
          />
        )}
        <FormEnd
          complaint={unplaced(create.error, [
            "/name",
            "/role",
            "/scopes",
            "/expires_at",
            "/expires_in_seconds",
          ])}
          busy={create.isPending}
          onCancel={onClose}
        >
          Create
        </FormEnd>
      </form>
    </Dialog>
  );
}

/** Which of the role's permissions hold: all, or some that are named. */
function Scopes({
  role,
  isNarrow,
  narrow,
  own,
  error,
}: {
  role: Role;
  isNarrow: boolean;
  narrow: (isNarrow: boolean) => void;
  own: Permission[];
  error: string | undefined;
}) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">What it may do</legend>
      <CheckField
        label="Only some of what the role may"
        checked={isNarrow}
        onChange={(event) => narrow(event.target.checked)}
      />
      {isNarrow && (
        <div className="ml-6 flex flex-col gap-2">
          {own
            .filter((permission) => comesWith(role, permission))
            .map((permission) => (
              <CheckField
                key={permission}
                name="scope"
                value={permission}
                defaultChecked={permission === "read"}
                label={permission}
                hint={known[permission].allows}
              />
            ))}
        </div>
      )}
      {error && (
        <p role="alert" className="text-xs font-medium text-danger">
          {error}
        </p>
      )}
    </fieldset>
  );
}
