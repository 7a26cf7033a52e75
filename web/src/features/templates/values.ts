// What was written for the parameters of a template, as the server takes it.
import type { Schemas } from "@/api/client";

type Parameter = Schemas["ParameterBody"];

/** The values by name. What was left empty is not said, so that the default holds. */
export function valuesOf(
  parameters: Parameter[],
  written: (name: string) => string,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type } of parameters) {
    const text = written(name).trim();
    if (text !== "") values[name] = typed(type, text);
  }
  return values;
}

/** What does not fit its type goes as it was written: the server says what is wrong with it. */
function typed(type: string, text: string): unknown {
  if (type === "integer" && /^[+-]?\d+$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (type === "targets") return targetsOf(text);
  return text;
}

/** Targets stand on lines of their own, or with blanks or commas between. */
export function targetsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((target) => target !== "");
}
