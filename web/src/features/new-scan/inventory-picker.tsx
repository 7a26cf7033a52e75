// Picks targets of the project's inventory, by text and by tag.
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { tagsOf } from "@/api/projects";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { LongTable } from "@/ui/long-table";
import { pickColumn } from "@/ui/pick-column";

export function InventoryPicker({
  inventory,
  onPick,
  onClose,
}: {
  inventory: Schemas["TargetBody"][];
  onPick: (targets: string[]) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const [tag, setTag] = useState("");
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const shown = inventory.filter(
    ({ target, tags }) => target.includes(text.trim().toLowerCase()) && (!tag || tags.includes(tag)),
  );
  const areAll = shown.length > 0 && shown.every(({ target }) => picked.has(target));
  function toggle(targets: string[], isIn: boolean) {
    const next = new Set(picked);
    for (const target of targets) {
      if (isIn) next.add(target);
      else next.delete(target);
    }
    setPicked(next);
  }
  function add() {
    onPick([...picked]);
    onClose();
  }
  return (
    <Dialog title="Pick from the inventory" wide onClose={onClose}>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Target holds" value={text} onChange={(event) => setText(event.target.value)} />
        <SelectField label="Tag" value={tag} onChange={(event) => setTag(event.target.value)}>
          <option value="">Any</option>
          {tagsOf(inventory).map(([name, count]) => (
            <option key={name} value={name}>
              {name} ({count})
            </option>
          ))}
        </SelectField>
      </div>
      <LongTable<Schemas["TargetBody"]>
        label="Targets of the project"
        className="h-72"
        columns={[
          pickColumn(
            ({ target }) => target,
            picked,
            (target, isPicked) => toggle([target], isPicked),
          ),
          { name: "Target", width: "minmax(0,2fr)", cell: ({ target }) => <code>{target}</code> },
          { name: "Kind", width: "6rem", cell: ({ kind }) => kind },
          { name: "Tags", width: "minmax(0,1fr)", cell: ({ tags }) => tags.join(", ") },
        ]}
        count={shown.length}
        row={(index) => shown[index]}
        rowKey={({ target }) => target}
      />
      <footer className="flex flex-wrap justify-between gap-2">
        <Button
          reason={shown.length === 0 ? "nothing is shown" : undefined}
          onClick={() =>
            toggle(
              shown.map(({ target }) => target),
              !areAll,
            )
          }
        >
          {areAll ? "Pick none of these" : `Pick all ${counted(shown.length, "target")} shown`}
        </Button>
        <div className="flex gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" reason={picked.size === 0 ? "nothing is picked" : undefined} onClick={add}>
            Add {counted(picked.size, "target")}
          </Button>
        </div>
      </footer>
    </Dialog>
  );
}
