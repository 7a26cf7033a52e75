// What a scan from a template would cost, before there is one.
import { useMutation } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { usualProject } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { counted, duration, number } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Copy } from "@/ui/copy";
import { SelectField, TextArea, TextField } from "@/ui/field";
import { Card, Figure } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { Graph } from "./graph";
import { written } from "./parameters";
import type { Template } from "./queries";
import { targetsOf, valuesOf } from "./values";

type Parameter = Schemas["ParameterBody"];

export function Plan({ template, projects }: { template: Template; projects: string[] }) {
  const refusal = useRefusal("scan");
  const { parameters } = template;
  const plan = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "");
      return answer(
        api.POST("/templates/plan", {
          body: {
            id: template.id,
            body: null,
            version: template.version,
            project: text("project") || null,
            targets: targetsOf(text("targets")),
            parameters: valuesOf(parameters, (name) => text(`parameter ${name}`)),
          },
        }),
      );
    },
  });
  const refused = refusalOf(plan.error);
  const shown = ["/project", "/targets", ...parameters.map(({ name }) => `/parameters/${name}`)];
  const project = plan.variables && String(plan.variables.get("project") ?? "");
  return (
    <Card title="What a scan from it would do">
      <div className="flex flex-col gap-5">
        <Graph parameters={parameters.map(({ name }) => name)} cost={plan.data} project={project} />
        <form onSubmit={submitting(plan.mutate)} className="flex flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            {parameters.map((parameter) => (
              <ParameterField
                key={parameter.name}
                parameter={parameter}
                error={refused?.field(`/parameters/${parameter.name}`)}
              />
            ))}
            <SelectField
              label="Project"
              name="project"
              defaultValue={projects.find((name) => name === usualProject)}
              error={refused?.field("/project")}
            >
              {projects.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </SelectField>
            <TextArea
              label="Targets (optional)"
              name="targets"
              rows={2}
              hint="In place of the template's own. Without any, those of the project are meant."
              error={refused?.field("/targets")}
            />
          </div>
          <Complaint text={unplaced(plan.error, shown)} />
          <footer className="flex flex-wrap items-center justify-end gap-3">
            <p className="text-xs text-muted">Names are looked up. No packet goes to a target.</p>
            <Button type="submit" busy={plan.isPending} reason={refusal}>
              Plan
            </Button>
          </footer>
        </form>
        {plan.data && <Cost cost={plan.data} />}
      </div>
    </Card>
  );
}

function ParameterField({ parameter, error }: { parameter: Parameter; error: string | undefined }) {
  const { name, type, required, default: otherwise, description } = parameter;
  const common = { label: name, name: `parameter ${name}`, error, autoComplete: "off" };
  const isNeeded = required && otherwise == null;
  const left = isNeeded ? "must be said" : otherwise != null && `otherwise ${written(otherwise)}`;
  const hint = [description, left].filter(Boolean).join("; ");
  switch (type) {
    case "boolean":
      return (
        <SelectField {...common} hint={hint} required={isNeeded}>
          <option value="">as it is otherwise</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </SelectField>
      );
    case "targets":
      return <TextArea {...common} hint={hint} rows={2} required={isNeeded} />;
    case "integer":
      return <TextField {...common} hint={hint} type="number" step={1} required={isNeeded} />;
    default:
      return <TextField {...common} hint={hint} required={isNeeded} />;
  }
}

function Cost({ cost }: { cost: Schemas["CostBody"] }) {
  return (
    <div role="status" className="flex flex-col gap-4 border-t border-line pt-4">
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Figure
          name="Addresses"
          note={`${number(cost.excluded)} excluded, ${number(cost.out_of_scope)} out of scope`}
        >
          {number(cost.addresses)}
        </Figure>
        <Figure name="Batches">{number(cost.batches)}</Figure>
        <Figure name="Probes" note="at least, if all are up">
          {number(cost.packets)}
        </Figure>
        <Figure name="Time" note="a rough forecast">
          {duration(cost.forecast_ms)}
        </Figure>
      </div>
      <div>
        <p className="text-xs text-muted">nmap's options</p>
        <p className="flex items-center gap-1">
          <code className="foreign font-mono text-xs">{cost.options}</code>
          <Copy text={cost.options} what="nmap's options" />
        </p>
      </div>
      {cost.unresolved.length > 0 && (
        <div>
          <p className="font-medium text-slow">
            {counted(cost.unresolved.length, "name")} without an address
          </p>
          <ul className="list-disc pl-5">
            {cost.unresolved.map(({ name, reason }) => (
              <li key={name} className="foreign">
                {name}: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
