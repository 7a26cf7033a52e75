// The targets of a project as a table in which they can be picked.
import { Tag } from "lucide-react";
import type { Schemas } from "@/api/client";
import { counted } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { LongTable } from "@/ui/long-table";
import { pickColumn } from "@/ui/pick-column";
import { Time } from "@/ui/time";

type Target = Schemas["TargetBody"];

export function TargetTable({
  targets,
  picked,
  setPicked,
  refusal,
  onTag,
}: {
  targets: Target[];
  picked: ReadonlySet<string>;
  setPicked: (picked: ReadonlySet<string>) => void;
  refusal: string | undefined;
  onTag: (target: Target) => void;
}) {
  const areAll = targets.every(({ target }) => picked.has(target));
  function toggle(names: string[], isIn: boolean) {
    const next = new Set(picked);
    for (const name of names) {
      if (isIn) next.add(name);
      else next.delete(name);
    }
    setPicked(next);
  }
  return (
    <>
      <label className="mx-4 mb-1 flex min-h-6 w-fit items-center gap-2 text-xs">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={areAll}
          onChange={(event) =>
            toggle(
              targets.map(({ target }) => target),
              event.target.checked,
            )
          }
        />
        Pick all {counted(targets.length, "target")} shown
      </label>
      <LongTable<Target>
        label="Targets"
        className={targets.length > 8 ? "h-[28rem]" : "h-72"}
        columns={[
          pickColumn(
            ({ target }) => target,
            picked,
            (target, isPicked) => toggle([target], isPicked),
          ),
          { name: "Target", width: "minmax(0,2fr)", cell: ({ target }) => <code>{target}</code> },
          { name: "Kind", width: "7rem", cell: ({ kind }) => (kind === "exclude" ? "left out" : kind) },
          {
            name: "Tags",
            width: "minmax(0,2fr)",
            cell: (target) => (
              <span className="flex items-center gap-1">
                {target.tags.map((tag) => (
                  <Badge key={tag}>{tag}</Badge>
                ))}
                <IconButton
                  label={`Tags of ${target.target}`}
                  reason={refusal}
                  icon={<Tag size={14} aria-hidden />}
                  onClick={() => onTag(target)}
                />
              </span>
            ),
          },
          { name: "Added", width: "8rem", cell: ({ added_at }) => <Time at={added_at} /> },
        ]}
        count={targets.length}
        row={(index) => targets[index]}
        rowKey={({ target }) => target}
      />
    </>
  );
}
