// Modules: what scans can be made of here.
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { Badge } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { Card, Fact, Facts, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { optionsOf } from "./options";

export const modulesQuery = queryOptions({
  queryKey: ["modules"],
  queryFn: async ({ signal }) => (await answer(api.GET("/modules", { signal }))).items,
});

export function Modules() {
  const { data: modules } = useSuspenseQuery(modulesQuery);
  return (
    <Page title="Modules">
      {modules.length === 0 && <Empty title="This server has no modules" />}
      {modules.map((module) => (
        <Module key={module.id} module={module} />
      ))}
    </Page>
  );
}

function Module({ module }: { module: Schemas["ModuleBody"] }) {
  const { available, reason, version } = module;
  return (
    <Card
      title={module.name}
      actions={available ? <Badge tone="good">Available</Badge> : <Badge tone="bad">Not available</Badge>}
    >
      <div className="flex flex-col gap-4">
        {reason && <p className="rounded-md bg-bad-soft p-3 font-medium text-bad">{reason}</p>}
        <p className="max-w-prose">{module.description}</p>
        <Facts>
          <Fact name="Named in scans">
            <code className="font-mono">{module.id}</code>
          </Fact>
          <Fact name="Version">{version ?? <span className="text-muted">not known</span>}</Fact>
          <Fact name="Takes">{module.inputs.join(", ")}</Fact>
          <Fact name="Gives">{module.outputs.join(", ")}</Fact>
        </Facts>
        <Options name={module.name} schema={module.options} />
      </div>
    </Card>
  );
}

/** What can be set, as a table; in full for who writes programs. */
function Options({ name, schema }: { name: string; schema: unknown }) {
  const options = optionsOf(schema);
  if (options.length === 0) return <p className="text-muted">It has no options.</p>;
  return (
    <>
      <h3 className="font-medium">Options</h3>
      <Table
        label={`Options of ${name}`}
        head={
          <>
            <Head>Name</Head>
            <Head>What it takes</Head>
            <Head>Otherwise</Head>
            <Head>What it is for</Head>
          </>
        }
      >
        {options.map((option) => (
          <tr key={option.name}>
            <Cell>
              <code className="font-mono">{option.name}</code>
              {option.isRequired && <p className="text-xs text-muted">required</p>}
            </Cell>
            <Cell>{option.takes}</Cell>
            <Cell>{option.otherwise ?? <span className="text-muted">nothing</span>}</Cell>
            <Cell className="min-w-56">{option.description}</Cell>
          </tr>
        ))}
      </Table>
      <details>
        <summary className="link w-fit">As a JSON Schema</summary>
        <pre tabIndex={0} className="mt-2 max-h-96 overflow-auto rounded-md bg-raised p-3 font-mono text-xs">
          {JSON.stringify(schema, null, 2)}
        </pre>
      </details>
    </>
  );
}
