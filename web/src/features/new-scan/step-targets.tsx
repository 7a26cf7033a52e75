// The first step: what to scan, and what that amounts to while one writes.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FileUp, ListPlus } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { classes } from "@/lib/classes";
import { counted, number } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { Field, SelectField, TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { Card, Figure } from "@/ui/page";
import { useSettled } from "@/ui/settled";
import { complain } from "@/ui/toast";
import { Trouble } from "@/ui/trouble";
import type { Change, Draft, Source } from "./draft";
import { placeOf, without } from "./entries";
import { Expansion } from "./expansion";
import { InventoryPicker } from "./inventory-picker";
import { meantQuery } from "./queries";
import type { Preview } from "./wizard";

export interface Around {
  projects: Schemas["ProjectBody"][];
  /** The project that was last scanned. */
  newest: string | undefined;
  inventory: Schemas["TargetBody"][];
  searches: Schemas["SavedSearchBody"][];
  templates: Schemas["TemplateBody"][];
  modules: Schemas["ModuleBody"][];
}

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
          {draft.source !== "written" && wrong("/targets") && (
            <p role="alert" className="font-medium text-danger">
              {wrong("/targets")}
            </p>
          )}
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

/** So large a list is no longer written by hand; the server takes 10,000,000 characters. */
const largestText = 10_000_000;

function Written({
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
  const chooser = useRef<HTMLInputElement>(null);
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
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label="File with targets"
          onChange={(event) => {
            void read(event.target.files);
            event.target.value = "";
          }}
        />
        <Button icon={<FileUp size={16} aria-hidden />} onClick={() => chooser.current?.click()}>
          Choose a file
        </Button>
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

function SearchField({
  draft,
  change,
  searches,
  error,
}: {
  draft: Draft;
  change: Change;
  searches: Schemas["SavedSearchBody"][];
  error: string | undefined;
}) {
  return (
    <div className="flex flex-col gap-4">
      {searches.length > 0 && (
        <SelectField
          label="Saved search"
          value={searches.some(({ name }) => `@${name}` === draft.query) ? draft.query : ""}
          onChange={(event) => change({ query: event.target.value })}
        >
          <option value="">A query of your own</option>
          {searches.map(({ name, query }) => (
            <option key={name} value={`@${name}`}>
              {name}: {query}
            </option>
          ))}
        </SelectField>
      )}
      <TextField
        label="Query"
        className="font-mono"
        hint="In the search language, or @name for a saved search. It is asked when the scan is made."
        error={error}
        value={draft.query}
        placeholder="port:443 product:nginx"
        onChange={(event) => change({ query: event.target.value })}
      />
    </div>
  );
}

function Meant({ project, query }: { project: string; query: string }) {
  const settled = useSettled(query.trim());
  const meant = useQuery({ ...meantQuery(project, settled), placeholderData: keepPreviousData });
  if (!settled) return <Empty title="Nothing yet">The hosts that the search finds now are shown here.</Empty>;
  if (meant.error) return <Trouble error={meant.error} />;
  if (!meant.data) return <Waiting what="Searching" />;
  const { hosts } = meant.data;
  const total = meant.data.total ?? hosts.length;
  return (
    <div className="flex flex-col gap-4">
      <Figure name="Hosts" note="found now; the scan has those found when it is made">
        {number(total)}
      </Figure>
      <ul tabIndex={0} className="num max-h-72 overflow-y-auto rounded-md bg-raised p-2 font-mono text-xs">
        {hosts.map(({ address, hostnames }) => (
          <li key={address} className="flex gap-3">
            {address}
            <span className="text-muted">
              <Foreign text={hostnames[0]?.name} most={60} />
            </span>
          </li>
        ))}
      </ul>
      {total > hosts.length && <p className="text-xs text-muted">The first {hosts.length} are shown.</p>}
    </div>
  );
}
