// Adds targets to a project, from a text or a file, and says what became of them.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { counted, number } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { ChooseFile } from "@/ui/choose-file";
import { Complaint } from "@/ui/complaint";
import { Dialog } from "@/ui/dialog";
import { TextArea, TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { Figure } from "@/ui/page";
import { wordsOf } from "./tags";

type Added = Schemas["AddedTargets"];

export function AddTargets({ reference, onClose }: { reference: string; onClose: () => void }) {
  const [text, setText] = useState("");
  const [tags, setTags] = useState("");
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/projects/{id}/targets", {
          params: { path: { id: reference } },
          body: { targets: text, tags: wordsOf(tags), strict: false },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  async function read(files: FileList | null) {
    for (const file of files ?? []) {
      const more = await file.text();
      setText((before) => (before ? `${before.replace(/\n*$/, "\n")}${more}` : more));
    }
  }
  if (add.data)
    return (
      <Dialog title="Targets added" onClose={onClose}>
        <Outcome added={add.data} />
        <footer className="flex justify-end gap-2">
          <Button
            onClick={() => {
              setText("");
              add.reset();
            }}
          >
            Add more
          </Button>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      </Dialog>
    );
  const refused = refusalOf(add.error);
  return (
    <Dialog title="Add targets" onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a place to drop a file on; the button below does the same. */}
      <div
        onDragOver={(event) => event.dataTransfer.types.includes("Files") && event.preventDefault()}
        onDrop={(event) => {
          if (event.dataTransfer.files.length === 0) return;
          event.preventDefault();
          void read(event.dataTransfer.files);
        }}
      >
        <TextArea
          label="Addresses, networks, ranges, names, URLs"
          hint="Parted by blanks, commas or lines. # begins a comment, ! leaves something out of every scan. A file can be dropped here."
          rows={8}
          className="font-mono"
          autoFocus
          error={refused?.field("/targets")}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <ChooseFile label="File with targets" onFiles={(files) => void read(files)}>
        Choose a file
      </ChooseFile>
      <TextField
        label="Tags (optional)"
        hint="Put on those that are new; parted by commas"
        error={refused?.field("/tags")}
        value={tags}
        onChange={(event) => setTags(event.target.value)}
      />
      <Complaint text={unplaced(add.error, ["/targets", "/tags"])} />
      <footer className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="primary"
          busy={add.isPending}
          reason={text.trim() ? undefined : "nothing is written"}
          onClick={() => add.mutate()}
        >
          Add
        </Button>
      </footer>
    </Dialog>
  );
}

function Outcome({ added }: { added: Added }) {
  const rejected = added.rejected_count ?? added.rejected.length;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-x-8 gap-y-3">
        <Figure name="New">{number(added.new)}</Figure>
        <Figure name="There already">{number(added.duplicates)}</Figure>
        <Figure name="Cannot be read">{number(rejected)}</Figure>
      </div>
      {rejected > 0 && (
        <section aria-label="What cannot be read" className="rounded-md border border-danger p-3">
          <p className="mb-1 font-medium text-danger">
            {counted(rejected, "entry", "entries")} cannot be read and {rejected === 1 ? "was" : "were"} not
            added
          </p>
          <ul className="flex max-h-48 flex-col gap-1 overflow-y-auto text-xs">
            {added.rejected.map(({ line, column, text, reason }) => (
              <li key={`${line}:${column}`}>
                Line {line}, column {column}:{" "}
                <code className="font-medium">
                  <Foreign text={text} most={60} />
                </code>{" "}
                {reason}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
