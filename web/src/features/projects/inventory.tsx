// The targets of a project: found by text and tag, tagged, removed, and handed to a new scan.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, Radar, Tag, Trash2 } from "lucide-react";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { inventoryQuery, tagsOf } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Empty } from "@/ui/empty";
import { SelectField, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { say } from "@/ui/toast";
import { AddTargets } from "./add-targets";
import { TagDialog } from "./tag-dialog";
import { TargetTable } from "./target-table";

type Target = Schemas["TargetBody"];

/** Which targets are shown. */
export interface Filter {
  q?: string | undefined;
  tag?: string | undefined;
}

type Open = { what: "add" } | { what: "tag" | "remove"; targets: Target[] };

export function Inventory({
  reference,
  filter,
  onFilter,
}: {
  reference: string;
  filter: Filter;
  onFilter: (filter: Filter) => void;
}) {
  const { data: targets } = useSuspenseQuery(inventoryQuery(reference));
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<Open>();
  const refusal = useRefusal("scan");
  const sought = filter.q?.toLowerCase() ?? "";
  const shown = targets.filter(
    ({ target, tags }) => target.includes(sought) && (!filter.tag || tags.includes(filter.tag)),
  );
  const chosen = shown.filter(({ target }) => picked.has(target));
  const close = () => setOpen(undefined);
  const add = (
    <Button
      look="primary"
      reason={refusal}
      icon={<Plus size={16} aria-hidden />}
      onClick={() => setOpen({ what: "add" })}
    >
      Add targets
    </Button>
  );
  const table = { targets: shown, picked, setPicked, refusal };
  return (
    <Card title={counted(targets.length, "target")} actions={add} flush>
      {targets.length === 0 ? (
        <Empty title="No targets yet" action={add}>
          Add the addresses, networks and names that belong to this project. A scan without targets of its own
          takes all of them.
        </Empty>
      ) : (
        <>
          <Filters filter={filter} onFilter={onFilter} targets={targets} />
          <Bulk shown={shown} chosen={chosen} reference={reference} refusal={refusal} onOpen={setOpen} />
          {shown.length === 0 ? (
            <Empty
              title="No target is like that"
              action={<Button onClick={() => onFilter({})}>Show all</Button>}
            />
          ) : (
            <TargetTable {...table} onTag={(target) => setOpen({ what: "tag", targets: [target] })} />
          )}
        </>
      )}
      {open?.what === "add" && <AddTargets reference={reference} onClose={close} />}
      {open?.what === "tag" && <TagDialog reference={reference} targets={open.targets} onClose={close} />}
      {open?.what === "remove" && (
        <Removal
          reference={reference}
          targets={open.targets}
          onDone={() => setPicked(new Set())}
          onClose={close}
        />
      )}
    </Card>
  );
}

function Filters({
  filter,
  onFilter,
  targets,
}: {
  filter: Filter;
  onFilter: (filter: Filter) => void;
  targets: Target[];
}) {
  return (
    <div className="grid gap-3 px-4 pt-4 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <TextField
        label="Target holds"
        type="search"
        value={filter.q ?? ""}
        onChange={(event) => onFilter({ ...filter, q: event.target.value || undefined })}
      />
      <SelectField
        label="Tag"
        value={filter.tag ?? ""}
        onChange={(event) => onFilter({ ...filter, tag: event.target.value || undefined })}
      >
        <option value="">Any</option>
        {tagsOf(targets).map(([tag, count]) => (
          <option key={tag} value={tag}>
            {tag} ({count})
          </option>
        ))}
      </SelectField>
    </div>
  );
}

function Bulk({
  shown,
  chosen,
  reference,
  refusal,
  onOpen,
}: {
  shown: Target[];
  chosen: Target[];
  reference: string;
  refusal: string | undefined;
  onOpen: (open: Open) => void;
}) {
  const navigate = useNavigate();
  const none = chosen.length === 0 ? "pick targets in the table first" : undefined;
  // Without a choice it is what is shown.
  const meant = chosen.length > 0 ? chosen : shown;
  const toScan = meant.filter(({ kind }) => kind !== "exclude");
  const targets = meant.map(({ target }) => target).join("\n");
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 py-3">
      <Button
        small
        icon={<Radar size={14} aria-hidden />}
        reason={refusal ?? (toScan.length === 0 ? "there is no target among these" : undefined)}
        onClick={() => navigate({ to: "/new-scan", search: { project: reference, targets } })}
      >
        Scan these {toScan.length > 0 && `(${toScan.length})`}
      </Button>
      <Button
        small
        icon={<Tag size={14} aria-hidden />}
        reason={refusal ?? none}
        onClick={() => onOpen({ what: "tag", targets: chosen })}
      >
        Tag
      </Button>
      <Button
        small
        look="danger"
        icon={<Trash2 size={14} aria-hidden />}
        reason={refusal ?? none}
        onClick={() => onOpen({ what: "remove", targets: chosen })}
      >
        Remove
      </Button>
      <span role="status" className="text-xs text-muted">
        {chosen.length > 0
          ? `${counted(chosen.length, "target")} picked`
          : `${counted(shown.length, "target")} shown`}
      </span>
    </div>
  );
}

function Removal({
  reference,
  targets,
  onDone,
  onClose,
}: {
  reference: string;
  targets: Target[];
  onDone: () => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  async function remove() {
    const body = { targets: targets.map(({ target }) => target) };
    const done = await answer(
      api.POST("/projects/{id}/targets/remove", { params: { path: { id: reference } }, body }),
    );
    say(`Removed ${counted(done.removed.length, "target")}`);
    onDone();
    await client.invalidateQueries({ queryKey: ["projects"] });
  }
  return (
    <Confirm
      title={`Remove ${counted(targets.length, "target")}`}
      action="Remove"
      act={remove}
      onClose={onClose}
    >
      <p>They leave the inventory with their tags. What scans have found of them stays.</p>
      <ul className="mt-2 max-h-40 overflow-y-auto font-mono text-xs">
        {targets.slice(0, 20).map(({ target }) => (
          <li key={target}>{target}</li>
        ))}
        {targets.length > 20 && <li>and {counted(targets.length - 20, "other")}</li>}
      </ul>
    </Confirm>
  );
}
