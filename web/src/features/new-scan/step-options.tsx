// The third step: what nmap is to do, other modules, and the limits. What one writes is checked by the server
// meanwhile, in its own words.
import type { Schemas } from "@/api/client";
import { classes } from "@/lib/classes";
import { CheckField } from "@/ui/field";
import { Card } from "@/ui/page";
import type { Around } from "./around";
import type { Change, Draft } from "./draft";
import { Limits } from "./limits";
import { NmapCard } from "./nmap-card";
import { type ObjectSchema, SchemaForm } from "./schema-form";
import { TemplateCard } from "./template-card";

/** What was found out about the options so far. */
export interface Checked {
  /** In canonical form, once they can be read. */
  options: string | undefined;
  isChecking: boolean;
}

export function OptionsStep({
  draft,
  change,
  around,
  checked,
  wrong,
}: {
  draft: Draft;
  change: Change;
  around: Around;
  checked: Checked;
  wrong: (pointer: string) => string | undefined;
}) {
  const template = around.templates.find(({ name, id }) => name === draft.template || id === draft.template);
  const others = around.modules.filter(({ id }) => id !== "nmap" && id !== "discover");
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        {draft.template ? (
          <TemplateCard draft={draft} change={change} template={template} wrong={wrong} />
        ) : (
          <NmapCard draft={draft} change={change} modules={around.modules} wrong={wrong} />
        )}
        <AsRun checked={checked} />
        {!draft.template &&
          others.map((module) => (
            <ModuleCard key={module.id} module={module} draft={draft} change={change} wrong={wrong} />
          ))}
      </div>
      <Limits draft={draft} change={change} wrong={wrong} />
    </div>
  );
}

function AsRun({ checked }: { checked: Checked }) {
  return (
    <p role="status" className="rounded-md border border-line bg-surface p-3">
      <span className="text-muted">Nmap will be run with </span>
      {checked.options !== undefined ? (
        <code className={classes("font-mono font-medium", checked.isChecking && "opacity-60")}>
          {checked.options || "its own defaults"}
        </code>
      ) : (
        <span className="text-muted">
          {checked.isChecking ? "…" : "nothing yet: mend what is marked first"}
        </span>
      )}
    </p>
  );
}

function ModuleCard({
  module,
  draft,
  change,
  wrong,
}: {
  module: Schemas["ModuleBody"];
  draft: Draft;
  change: Change;
  wrong: (pointer: string) => string | undefined;
}) {
  const config = draft.modules[module.id];
  const place = Object.keys(draft.modules).indexOf(module.id) + 1;
  function turn(isOn: boolean) {
    const { [module.id]: _, ...rest } = draft.modules;
    change({ modules: isOn ? { ...draft.modules, [module.id]: {} } : rest });
  }
  return (
    <Card title={module.name}>
      <div className="flex flex-col gap-4">
        <CheckField
          label={`Run ${module.name}`}
          hint={module.available ? module.description : (module.reason ?? "It cannot run on this server.")}
          checked={config !== undefined}
          disabled={!module.available}
          onChange={(event) => turn(event.target.checked)}
        />
        {config && (
          <SchemaForm
            schema={module.options as ObjectSchema}
            values={config}
            onChange={(values) => change({ modules: { ...draft.modules, [module.id]: values } })}
            error={(name) => wrong(`/modules/${place}/config/${name}`)}
          />
        )}
      </div>
    </Card>
  );
}
