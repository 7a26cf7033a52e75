// Searches that have a name: to pick one, and to save what is looked for now.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf } from "@/api/problem";
import { useRefusal } from "@/api/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";

export function SavedSearches({
  project,
  query,
  saved,
  onPick,
}: {
  project: string;
  query: string;
  saved: Schemas["SavedSearchBody"][];
  onPick: (query: string) => void;
}) {
  const [isSaving, setSaving] = useState(false);
  const refusal = useRefusal("scan");
  const nothing = query ? undefined : "write a query first";
  return (
    <>
      <Menu label="Saved searches" icon={<Bookmark size={15} aria-hidden />}>
        {saved.map(({ name, query: meant }) => (
          <MenuItem key={name} onClick={() => onPick(`@${name}`)}>
            <span className="foreign font-medium">@{name}</span>
            <span className="foreign block max-w-72 truncate font-mono text-xs text-muted">{meant}</span>
          </MenuItem>
        ))}
        {saved.length === 0 && (
          <p className="px-3 py-1.5 text-muted">Nothing is saved in this project yet.</p>
        )}
        <MenuItem reason={refusal ?? nothing} onClick={() => setSaving(true)}>
          Save this search …
        </MenuItem>
      </Menu>
      {isSaving && (
        <SaveSearch
          project={project}
          query={query}
          taken={saved.map(({ name }) => name)}
          onClose={() => setSaving(false)}
        />
      )}
    </>
  );
}

function SaveSearch({
  project,
  query,
  taken,
  onClose,
}: {
  project: string;
  query: string;
  taken: string[];
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () =>
      answer(
        api.PUT("/projects/{id}/searches/{name}", {
          params: { path: { id: project, name } },
          body: { query },
        }),
      ),
    onSuccess: async (body) => {
      await client.invalidateQueries({ queryKey: ["projects", project, "searches"] });
      say(`The search is saved as @${body.name}.`);
      onClose();
    },
  });
  return (
    <Dialog title="Save this search" onClose={onClose}>
      <form onSubmit={submitting(() => save.mutate())} className="flex flex-col gap-4">
        <p>
          <code className="foreign font-mono">{query}</code>
        </p>
        <TextField
          label="Name"
          required
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value.trim())}
          hint={
            taken.includes(name)
              ? `@${name} is there already; saving takes its place.`
              : "It is found again as @name, here, on the command line and in new scans."
          }
          error={refusalOf(save.error)?.field("/name") ?? save.error?.message}
        />
        <footer className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            Save
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
