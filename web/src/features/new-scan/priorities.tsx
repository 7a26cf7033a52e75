// What is more urgent than the rest: of the whole scan, or by stars and tags.
import { Star } from "lucide-react";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { tagsOf } from "@/api/projects";
import { priorities } from "@/api/words";
import { counted } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CheckField, TextField } from "@/ui/field";
import { LongTable } from "@/ui/long-table";
import { Card } from "@/ui/page";
import type { Around } from "./around";
import type { Change, Draft } from "./draft";
import { starrable, starred } from "./requests";

export function Priorities({
  draft,
  change,
  around,
  error,
}: {
  draft: Draft;
  change: Change;
  around: Around;
  error: string | undefined;
}) {
  const [filter, setFilter] = useState("");
  const { inventory } = around;
  const all = useMemo(() => starrable(draft, inventory), [draft, inventory]);
  const urgent = useMemo(() => new Set(starred(draft, inventory)), [draft, inventory]);
  const byHand = new Set(draft.stars);
  const shown = all.filter((target) => target.toLowerCase().includes(filter.trim().toLowerCase()));
  function star(targets: string[], isOn: boolean) {
    const next = new Set(byHand);
    for (const target of targets) {
      if (isOn) next.add(target);
      else next.delete(target);
    }
    change({ stars: [...next] });
  }
  return (
    <Card title="Priority">
      <div className="flex flex-col gap-5">
        <fieldset>
          <legend className="font-medium">{urgent.size > 0 ? "What has no star" : "The whole scan"}</legend>
          <p className="mb-2 text-xs text-muted">
            Batches of a more urgent scan are handed out before those of all others.
          </p>
          <div className="flex flex-wrap gap-x-5 gap-y-2">
            {draft.template && (
              <PriorityRadio draft={draft} change={change} value="" name="As the template says" />
            )}
            {urgencies.map((value) => (
              <PriorityRadio
                key={value}
                draft={draft}
                change={change}
                value={value}
                name={priorities[value].name}
                isUsual={value === "medium" && !draft.template}
              />
            ))}
          </div>
          {error && (
            <p role="alert" className="text-xs font-medium text-danger">
              {error}
            </p>
          )}
        </fieldset>
        {all.length > 0 && (
          <section aria-label="Stars" className="flex flex-col gap-3">
            <div>
              <h3 className="flex items-center gap-2 font-medium">
                Stars {urgent.size > 0 && <Badge tone="slow">{counted(urgent.size, "target")} starred</Badge>}
              </h3>
              <p className="text-xs text-muted">
                Star what is to be scanned first. Two scans are made then: one of high priority with what is
                starred, and one with the rest.
              </p>
            </div>
            <TagRules draft={draft} change={change} inventory={inventory} targets={all} />
            <div className="flex flex-wrap items-end gap-2">
              <div className="min-w-40 grow">
                <TextField
                  label="Target holds"
                  value={filter}
                  onChange={(event) => setFilter(event.target.value)}
                />
              </div>
              <Button
                onClick={() => star(shown, true)}
                reason={shown.length === 0 ? "nothing is shown" : undefined}
              >
                Star {filter ? "these" : "all"}
              </Button>
              <Button
                onClick={() => star(shown, false)}
                reason={byHand.size === 0 ? "nothing is starred by hand" : undefined}
              >
                Unstar {filter ? "these" : "all"}
              </Button>
            </div>
            <LongTable<string>
              label="Targets and their stars"
              className="h-72"
              columns={[
                {
                  name: "Star",
                  width: "4rem",
                  cell: (target) => (
                    <StarButton
                      target={target}
                      isOn={urgent.has(target)}
                      byTag={urgent.has(target) && !byHand.has(target)}
                      onTurn={(isOn) => star([target], isOn)}
                    />
                  ),
                },
                { name: "Target", width: "minmax(0,1fr)", cell: (target) => <code>{target}</code> },
              ]}
              count={shown.length}
              row={(index) => shown[index]}
              rowKey={(target) => target}
            />
          </section>
        )}
      </div>
    </Card>
  );
}

const urgencies = ["high", "medium", "low"] as const;

function PriorityRadio({
  draft,
  change,
  value,
  name,
  isUsual,
}: {
  draft: Draft;
  change: Change;
  value: Draft["priority"];
  name: string;
  isUsual?: boolean;
}) {
  return (
    <label className="flex min-h-6 items-center gap-2">
      <input
        type="radio"
        name="priority"
        className="size-4 accent-accent"
        checked={draft.priority === value || (Boolean(isUsual) && draft.priority === "")}
        onChange={() => change({ priority: value })}
      />
      {name}
    </label>
  );
}

function TagRules({
  draft,
  change,
  inventory,
  targets,
}: {
  draft: Draft;
  change: Change;
  inventory: Schemas["TargetBody"][];
  targets: string[];
}) {
  const tags = useMemo(() => {
    const meant = new Set(targets);
    return tagsOf(inventory.filter(({ target }) => meant.has(target)));
  }, [inventory, targets]);
  if (tags.length === 0) return null;
  return (
    <fieldset>
      <legend className="text-xs font-medium text-muted">Star everything with the tag</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-1">
        {tags.map(([tag, count]) => (
          <CheckField
            key={tag}
            label={`${tag} (${count})`}
            checked={draft.starTags.includes(tag)}
            onChange={(event) =>
              change({
                starTags: event.target.checked
                  ? [...draft.starTags, tag]
                  : draft.starTags.filter((one) => one !== tag),
              })
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

function StarButton({
  target,
  isOn,
  byTag,
  onTurn,
}: {
  target: string;
  isOn: boolean;
  byTag: boolean;
  onTurn: (isOn: boolean) => void;
}) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      aria-label={`Star ${target}`}
      title={byTag ? "Starred by its tag" : isOn ? "Starred" : "Not starred"}
      aria-disabled={byTag || undefined}
      onClick={() => !byTag && onTurn(!isOn)}
      className="grid size-7 place-items-center rounded hover:bg-raised aria-disabled:cursor-not-allowed"
    >
      <Star size={16} aria-hidden className={isOn ? "fill-slow text-slow" : "text-muted"} />
    </button>
  );
}
