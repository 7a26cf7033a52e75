// The third step: what nmap is to do, other modules, and the limits. What one writes is checked by the server
// meanwhile, in its own words.
import type { Schemas } from "@/api/client";
import { classes } from "@/lib/classes";
import { Complaint } from "@/ui/complaint";
import { CheckField, Field, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import type { Change, Draft } from "./draft";
import { Limits } from "./limits";
import { type ObjectSchema, SchemaForm } from "./schema-form";
import type { Around } from "./step-targets";

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
  const others = around.modules.filter(({ id }) => id !== "nmap");
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

/** What crates/netscan-modules/src/nmap/options/profile.rs asks nmap for. */
const profiles: { profile: Schemas["ScanProfile"]; name: string; means: string; options: string }[] = [
  {
    profile: "quick",
    name: "Quick",
    means: "The 100 most common ports, without asking what is behind them",
    options: "-T4 --top-ports=100",
  },
  {
    profile: "default",
    name: "Default",
    means: "The 1,000 most common ports, and the versions of what is behind the open ones",
    options: "-sV -T4 --top-ports=1000",
  },
  {
    profile: "full",
    name: "Full",
    means: "All 65,535 ports, with versions. It takes far longer",
    options: "-p1-65535 -sV -T4",
  },
];

function NmapCard({
  draft,
  change,
  modules,
  wrong,
}: {
  draft: Draft;
  change: Change;
  modules: Schemas["ModuleBody"][];
  wrong: (pointer: string) => string | undefined;
}) {
  const nmap = modules.find(({ id }) => id === "nmap");
  return (
    <Card title={nmap?.version ? `Nmap ${nmap.version}` : "Nmap"}>
      <div className="flex flex-col gap-5">
        {nmap && !nmap.available && <Complaint text={nmap.reason ?? "Nmap cannot run on this server."} />}
        <fieldset className="flex flex-wrap gap-x-5 gap-y-2">
          <legend className="sr-only">How nmap is told what to do</legend>
          {(["profile", "options"] as const).map((how) => (
            <label key={how} className="flex min-h-6 items-center gap-2">
              <input
                type="radio"
                name="how"
                className="size-4 accent-accent"
                checked={draft.how === how}
                onChange={() => change({ how })}
              />
              {how === "profile" ? "A profile" : "Nmap's own options"}
            </label>
          ))}
        </fieldset>
        {draft.how === "profile" ? (
          <ProfileFields draft={draft} change={change} wrong={wrong} />
        ) : (
          <Field
            label="Options"
            hint="As on nmap's command line, without targets. They are read and written anew; what may do harm is refused."
            error={wrong("/options")}
          >
            {(wiring) => (
              <textarea
                {...wiring}
                rows={3}
                spellCheck={false}
                autoCapitalize="off"
                className="field font-mono"
                placeholder="-sT -sV -p 22,80,443"
                value={draft.options}
                onChange={(event) => change({ options: event.target.value.replace(/\n/g, " ") })}
              />
            )}
          </Field>
        )}
        <Complaint text={wrong("/modules")} />
      </div>
    </Card>
  );
}

function ProfileFields({
  draft,
  change,
  wrong,
}: {
  draft: Draft;
  change: Change;
  wrong: (pointer: string) => string | undefined;
}) {
  return (
    <>
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Profile</legend>
        {profiles.map(({ profile, name, means, options }) => (
          <label
            key={profile}
            className={classes(
              "flex items-start gap-3 rounded-md border p-3 hover:bg-raised",
              draft.profile === profile ? "border-accent bg-accent-soft" : "border-line",
            )}
          >
            <input
              type="radio"
              name="profile"
              className="mt-0.5 size-4 accent-accent"
              checked={draft.profile === profile}
              onChange={() => change({ profile })}
            />
            <span className="min-w-0">
              <span className="font-medium">{name}</span>
              <span className="block text-muted">{means}</span>
              <code className="font-mono text-xs text-muted">{options}</code>
            </span>
          </label>
        ))}
        {wrong("/profile") && <Complaint text={wrong("/profile")} />}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Ports"
          className="font-mono"
          hint="In place of the profile's, as nmap's -p takes them"
          placeholder="22,80,8000-8100"
          error={wrong("/ports")}
          value={draft.ports}
          onChange={(event) => change({ ports: event.target.value })}
        />
        <TextField
          label="Most common ports"
          inputMode="numeric"
          hint="Only so many; with ports, of those"
          placeholder="100"
          error={wrong("/top_ports") && "Write a whole number from 1 to 65535, or nothing"}
          value={draft.topPorts}
          onChange={(event) => change({ topPorts: event.target.value })}
        />
      </div>
      <div>
        <CheckField
          label="UDP beside TCP"
          hint="Much slower: most hosts answer few UDP probes a second"
          checked={draft.udp}
          onChange={(event) => change({ udp: event.target.checked })}
        />
        <Complaint text={wrong("/udp")} />
      </div>
    </>
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

function TemplateCard({
  draft,
  change,
  template,
  wrong,
}: {
  draft: Draft;
  change: Change;
  template: Schemas["TemplateBody"] | undefined;
  wrong: (pointer: string) => string | undefined;
}) {
  if (!template)
    return <Complaint text={`There is no template ${draft.template} any more: go back and choose.`} />;
  return (
    <Card title={`Template ${template.name}, version ${template.version}`}>
      <div className="flex flex-col gap-4">
        {template.description && <p className="text-muted">{template.description}</p>}
        {template.parameters.length === 0 ? (
          <p className="text-muted">It has no parameters.</p>
        ) : (
          <SchemaForm
            schema={schemaOf(template.parameters)}
            values={draft.parameters}
            onChange={(parameters) => change({ parameters })}
            error={(name) => wrong(`/template/parameters/${name}`)}
          />
        )}
        <Complaint text={elsewhere(wrong, template.parameters)} />
      </div>
    </Card>
  );
}

/** What is wrong with the template but with none of its parameters. */
function elsewhere(
  wrong: (pointer: string) => string | undefined,
  parameters: Schemas["ParameterBody"][],
): string | undefined {
  const isPlaced = parameters.some(({ name }) => wrong(`/template/parameters/${name}`));
  return isPlaced ? undefined : wrong("/template");
}

/** Parameters as a schema, so that one form serves both. */
function schemaOf(parameters: Schemas["ParameterBody"][]): ObjectSchema {
  const properties = parameters.map(({ name, type, description, default: usual }) => [
    name,
    {
      ...(type === "targets" ? { type: "array", items: { type: "string" } } : { type }),
      description,
      ...(usual !== null && usual !== undefined && { default: usual }),
    },
  ]);
  return {
    properties: Object.fromEntries(properties),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
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
