// The versions of a template, and what differs between two of them.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Waiting } from "@/ui/empty";
import { SelectField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { Trouble } from "@/ui/trouble";
import { DifferenceText } from "./difference-text";
import { type Template, templateQuery } from "./queries";

export interface Compared {
  before: number;
  after: number;
}

export function Versions({
  template,
  compared,
  compare,
}: {
  template: Template;
  compared: Compared;
  compare: (compared: Compared) => void;
}) {
  const { versions, newest } = template;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[26rem_minmax(0,1fr)]">
      <Card title="Versions" flush>
        <Table
          label="Versions"
          head={
            <>
              <Head right>Version</Head>
              <Head>Made</Head>
              <Head>By</Head>
              <Head />
            </>
          }
        >
          {versions.map(({ version, created_at, created_by }) => (
            <tr key={version}>
              <Cell right>{version}</Cell>
              <Cell>
                <Time at={created_at} />
              </Cell>
              <Cell>
                <Foreign text={created_by} />
              </Cell>
              <Cell right>
                <Link
                  to="/templates/$template"
                  params={{ template: template.id }}
                  search={version === newest ? {} : { version }}
                  className="link inline-block min-h-6"
                >
                  View<span className="sr-only"> version {version}</span>
                </Link>
              </Cell>
            </tr>
          ))}
        </Table>
      </Card>
      <Card
        title="What changed"
        actions={
          <>
            <Choice
              label="From"
              template={template}
              value={compared.before}
              choose={(before) => compare({ ...compared, before })}
            />
            <Choice
              label="To"
              template={template}
              value={compared.after}
              choose={(after) => compare({ ...compared, after })}
            />
          </>
        }
      >
        {versions.length < 2 ? (
          <p className="text-muted">There is one version so far. A change of the text makes the next.</p>
        ) : (
          <Difference id={template.id} compared={compared} />
        )}
      </Card>
    </div>
  );
}

function Choice({
  label,
  template,
  value,
  choose,
}: {
  label: string;
  template: Template;
  value: number;
  choose: (version: number) => void;
}) {
  return (
    <div className="w-32">
      <SelectField label={label} bare value={value} onChange={(event) => choose(Number(event.target.value))}>
        {template.versions.map(({ version }) => (
          <option key={version} value={version}>
            {label} {version}
          </option>
        ))}
      </SelectField>
    </div>
  );
}

function Difference({ id, compared }: { id: string; compared: Compared }) {
  const before = useQuery(templateQuery(id, compared.before));
  const after = useQuery(templateQuery(id, compared.after));
  const error = before.error ?? after.error;
  if (error)
    return (
      <Trouble
        error={error}
        retry={() => {
          void before.refetch();
          void after.refetch();
        }}
      />
    );
  if (!before.data || !after.data) return <Waiting />;
  return <DifferenceText before={before.data.body} after={after.data.body} />;
}
