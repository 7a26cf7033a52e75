// What may stand where the cursor is in a query.
import { queryFields } from "./query-fields";
import { written } from "./query-terms";

export interface Suggestion {
  text: string;
  note?: string;
}

export interface Completion {
  /** What of the query a suggestion takes the place of. */
  from: number;
  to: number;
  suggestions: Suggestion[];
}

/** Values that are known, by field, such as those of facets. */
export type KnownValues = Partial<Record<string, Suggestion[]>>;

const most = 12;

/** Suggestions for the word before the cursor; none within quotes. */
export function complete(
  text: string,
  cursor: number,
  known: KnownValues,
  saved: Suggestion[],
): Completion | undefined {
  const before = text.slice(0, cursor);
  if ((before.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1) return undefined;
  if (before.trimStart().startsWith("@"))
    return offer(
      before.indexOf("@"),
      text.length,
      starting(saved, before.trimStart().slice(1)).map(({ text: name, note }) => ({
        text: `@${name}`,
        note,
      })),
    );
  const word = /[^\s()]*$/.exec(before)?.[0].replace(/^-/, "") ?? "";
  const valued = /^([a-z]+)([:~])(.*)$/i.exec(word);
  if (!valued) return offer(cursor - word.length, cursor, fieldsOf(word, text === "" ? saved : []));
  const [, field = "", , values = ""] = valued;
  const last = values.slice(values.lastIndexOf(",") + 1);
  const fixed = queryFields.find(({ name }) => name === field.toLowerCase())?.values ?? [];
  const all = [...fixed.map((value) => ({ text: value })), ...(known[field.toLowerCase()] ?? [])];
  const fitting = holding(all, last).map(({ text: value, note }) => ({ text: `${written(value)} `, note }));
  return offer(cursor - last.length, cursor, fitting);
}

/** The query with a suggestion in its place, and where the cursor is then. */
export function accept(
  text: string,
  { from, to }: Completion,
  { text: chosen }: Suggestion,
): [string, number] {
  return [text.slice(0, from) + chosen + text.slice(to).trimStart(), from + chosen.length];
}

function fieldsOf(word: string, saved: Suggestion[]): Suggestion[] {
  const fields = queryFields
    .filter(({ name }) => name.startsWith(word.toLowerCase()))
    .map(({ name, asks, example }) => ({ text: /[<>]/.test(example) ? name : `${name}:`, note: asks }));
  return [...saved.map(({ text, note }) => ({ text: `@${text}`, note })), ...fields];
}

function starting(all: Suggestion[], begin: string): Suggestion[] {
  return all.filter(({ text }) => text.toLowerCase().startsWith(begin.toLowerCase()));
}

function holding(all: Suggestion[], part: string): Suggestion[] {
  return all.filter(({ text }) => text.toLowerCase().includes(part.toLowerCase()) && text !== part);
}

function offer(from: number, to: number, suggestions: Suggestion[]): Completion | undefined {
  return suggestions.length > 0 ? { from, to, suggestions: suggestions.slice(0, most) } : undefined;
}

/** The place that a refusal names (`column 10: …`), counted from 0. */
export function columnOf(message: string): number | undefined {
  const column = /^column (\d+): /.exec(message)?.[1];
  return column === undefined ? undefined : Number(column) - 1;
}
