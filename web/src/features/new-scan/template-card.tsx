// The parameters of the template that a scan is made from.
import type { Schemas } from "@/api/client";
import { Complaint } from "@/ui/complaint";
import { Card } from "@/ui/page";
import type { Change, Draft } from "./draft";
import { type ObjectSchema, SchemaForm } from "./schema-form";

export function TemplateCard({
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
