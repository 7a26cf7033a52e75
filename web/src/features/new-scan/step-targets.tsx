// The first step: what to scan, and what that amounts to while one writes.
import { useRef } from "react";
import type { Schemas } from "@/api/client";
import { classes } from "@/lib/classes";
import { counted, number } from "@/lib/numbers";
import { Complaint } from "@/ui/complaint";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField } from "@/ui/field";
import { Card } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import type { Around } from "./around";
import type { Change, Draft, Source } from "./draft";
import { placeOf, without } from "./entries";
import { Expansion } from "./expansion";
import type { Preview } from "./preview";
import { Meant, SearchField } from "./search-source";
import { Written } from "./written";

export function TargetsStep({
  draft,
  change,
  around,
  preview,
  wrong,
}: {
  draft: Draft;
  change: Change;
  around: Around;
  preview: Preview;
  wrong: (pointer: string) => string | undefined;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  function pick({ line, column, text }: Schemas["RejectedTarget"]) {
    const element = area.current;
    if (!element) return;
    const start = placeOf(draft.text, line, column);
    element.focus();
    element.setSelectionRange(start, start + text.length);
    element.scrollTop = Math.max(0, (line - 4) * Number.parseFloat(getComputedStyle(element).lineHeight));
  }
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Card title="What to scan">
        <div className="flex flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <ProjectField
              draft={draft}
              change={change}
              projects={around.projects}
              error={wrong("/project")}
            />
            {around.templates.length > 0 && (
              <TemplateField draft={draft} change={change} templates={around.templates} />
            )}
          </div>
          <SourceChoice draft={draft} change={change} around={around} />
          {draft.source === "written" && (
            <Written draft={draft} change={change} around={around} area={area} error={wrong("/targets")} />
          )}
          {draft.source === "inventory" && (
            <p className="text-muted">
              All {counted(around.inventory.length, "target")} that the project has when the scan is made.
            </p>
          )}
          {draft.source === "search" && (
            <SearchField draft={draft} change={change} searches={around.searches} error={wrong("/target")} />
          )}
          {draft.source === "template" && (
            <p className="text-muted">What the template names. The last step shows how much that is.</p>
          )}
          {draft.source !== "written" && <Complaint text={wrong("/targets")} />}
        </div>
      </Card>
      <Card title="What that amounts to">
        {draft.source === "search" ? (
          <Meant project={draft.project} query={draft.query} />
        ) : draft.source === "template" ? (
          <Empty title="The template decides">The plan in the last step shows its addresses.</Empty>
        ) : (
          <ExpansionOf
            preview={preview}
            onPick={draft.source === "written" ? pick : undefined}
            onLeaveOut={
              draft.source === "written"
                ? () => change({ text: without(draft.text, preview.expanded?.rejected ?? []) })
                : undefined
            }
          />
        )}
      </Card>
    </div>
  );
}

function ExpansionOf({
  preview,
  onPick,
  onLeaveOut,
}: {
  preview: Preview;
  onPick: ((rejected: Schemas["RejectedTarget"]) => void) | undefined;
  onLeaveOut: (() => void) | undefined;
}) {
  if (preview.isEmpty)
    return (
      <Empty title="Nothing yet">
        Addresses, networks, ranges, names and URLs are shown here as you write them, and what is wrong with
        them.
      </Empty>
    );
  if (preview.error) return <Trouble error={preview.error} retry={preview.retry} />;
  if (!preview.expanded) return <Waiting what="Reading the targets" />;
  return (
    <div aria-busy={preview.isStale} className={classes(preview.isStale && "opacity-60")}>
      <Expansion
        expanded={preview.expanded}
        onMore={preview.more}
        {...(onPick && { onPick })}
        {...(onLeaveOut && { onLeaveOut })}
      />
    </div>
  );
}

function ProjectField({
  draft,
  change,
  projects,
  error,
}: {
  draft: Draft;
  change: Change;
  projects: Schemas["ProjectBody"][];
  error: string | undefined;
}) {
  const isKnown = projects.some(({ name }) => name === draft.project);
  return (
    <SelectField
      label="Project"
      hint="Its scope says what may be scanned"
      error={error}
      value={draft.project}
      onChange={(event) => change({ project: event.target.value, stars: [], starTags: [] })}
    >
      {!isKnown && <option value={draft.project}>{draft.project} (made with the scan)</option>}
      {projects.map(({ id, name }) => (
        <option key={id} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function TemplateField({
  draft,
  change,
  templates,
}: {
  draft: Draft;
  change: Change;
  templates: Schemas["TemplateBody"][];
}) {
  function pick(template: string) {
    const source = !template && draft.source === "template" ? "written" : draft.source;
    change({ template, parameters: {}, source });
  }
  return (
    <SelectField
      label="Template"
      hint="In place of options of your own"
      value={templates.find(({ id }) => id === draft.template)?.name ?? draft.template}
      onChange={(event) => pick(event.target.value)}
    >
      <option value="">None</option>
      {templates.map(({ id, name }) => (
        <option key={id} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function SourceChoice({ draft, change, around }: { draft: Draft; change: Change; around: Around }) {
  const all: { source: Source; name: string }[] = [
    { source: "written", name: "Write or paste" },
    { source: "inventory", name: `All of the inventory (${number(around.inventory.length)})` },
    { source: "search", name: "Hosts that a search finds" },
  ];
  if (draft.template) all.push({ source: "template", name: "As the template says" });
  return (
    <fieldset className="flex flex-wrap gap-x-5 gap-y-2">
      <legend className="mb-1 font-medium">Targets</legend>
      {all.map(({ source, name }) => (
        <label key={source} className="flex min-h-6 items-center gap-2">
          <input
            type="radio"
            name="source"
            className="size-4 accent-accent"
            checked={draft.source === source}
            onChange={() => change({ source, stars: [] })}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
