// Targets that are written, pasted, dropped as a file or picked from the inventory.
import { ListPlus } from "lucide-react";
import { type DragEvent, useState } from "react";
import { classes } from "@/lib/classes";
import { Button } from "@/ui/button";
import { ChooseFile } from "@/ui/choose-file";
import { Field } from "@/ui/field";
import { complain } from "@/ui/toast";
import type { Around } from "./around";
import type { Change, Draft } from "./draft";
import { InventoryPicker } from "./inventory-picker";

export function Written({
  draft,
  change,
  around,
  area,
  error,
}: {
  draft: Draft;
  change: Change;
  around: Around;
  area: React.RefObject<HTMLTextAreaElement | null>;
  error: string | undefined;
}) {
  const [isOver, setOver] = useState(false);
  const [isPicking, setPicking] = useState(false);
  function add(more: string) {
    const text = draft.text.trim() === "" ? more : `${draft.text.replace(/\n*$/, "\n")}${more}`;
    change({ text });
  }
  async function read(files: FileList | null) {
    for (const file of files ?? []) {
      if (file.size > largestText)
        complain(`${file.name} is too large: a list may have 10,000,000 characters.`);
      else add((await file.text()).replaceAll("\r\n", "\n"));
    }
  }
  function drop(event: DragEvent) {
    setOver(false);
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    void read(event.dataTransfer.files);
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop a file on; the button below does the same.
    <div
      className={classes("flex flex-col gap-2 rounded-md", isOver && "outline-2 outline-accent")}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Field
        label="Addresses, networks, ranges, names, URLs"
        hint="Parted by blanks, commas or lines. # begins a comment, ! leaves something out. A file can be dropped here."
        error={error}
      >
        {(wiring) => (
          <textarea
            ref={area}
            rows={12}
            spellCheck={false}
            autoCapitalize="off"
            placeholder={"192.0.2.0/24\n10.0.0.1-50, host.example.com\n!192.0.2.13  # not the printer"}
            value={draft.text}
            onChange={(event) => change({ text: event.target.value })}
            className="field resize-y font-mono"
            {...wiring}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <ChooseFile label="File with targets" multiple onFiles={(files) => void read(files)}>
          Choose a file
        </ChooseFile>
        <Button
          icon={<ListPlus size={16} aria-hidden />}
          reason={around.inventory.length === 0 ? "the project has no targets" : undefined}
          onClick={() => setPicking(true)}
        >
          Pick from the inventory
        </Button>
        {draft.text && (
          <Button look="quiet" onClick={() => change({ text: "", stars: [] })}>
            Clear
          </Button>
        )}
      </div>
      {isPicking && (
        <InventoryPicker
          inventory={around.inventory}
          onClose={() => setPicking(false)}
          onPick={(targets) => add(targets.join("\n"))}
        />
      )}
    </div>
  );
}

/** So large a list is no longer written by hand; the server takes 10,000,000 characters. */
const largestText = 10_000_000;
