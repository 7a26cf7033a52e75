// What differs from one scan of a template to the next.
import type { Schemas } from "@/api/client";
import { Cell, Head, Table } from "@/ui/table";

export function Parameters({ parameters }: { parameters: Schemas["ParameterBody"][] }) {
  if (parameters.length === 0)
    return <p className="p-4 text-muted">It has none: each scan from it is the same.</p>;
  return (
    <Table
      label="Parameters"
      head={
        <>
          <Head>Name</Head>
          <Head>What it takes</Head>
          <Head>Otherwise</Head>
          <Head>What it is for</Head>
        </>
      }
    >
      {parameters.map(({ name, type, required, default: otherwise, description }) => (
        <tr key={name}>
          <Cell>
            <code className="font-mono">{name}</code>
          </Cell>
          <Cell className="min-w-24">{kindOf(type)}</Cell>
          <Cell>{required && otherwise == null ? "must be said" : written(otherwise)}</Cell>
          <Cell className="min-w-44">{description}</Cell>
        </tr>
      ))}
    </Table>
  );
}

const kinds: Record<string, string> = {
  string: "a text",
  integer: "a whole number",
  boolean: "yes or no",
  targets: "targets",
};

function kindOf(type: string): string {
  return kinds[type] ?? type;
}

/** A default as people would write it. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(String).join(", ");
  return String(value);
}
