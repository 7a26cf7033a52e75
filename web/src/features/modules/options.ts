// The options of a module out of their JSON Schema, in words.

export interface Option {
  name: string;
  takes: string;
  /** What it is when nothing is said. */
  otherwise: string | undefined;
  description: string;
  isRequired: boolean;
}

type Shape = Record<string, unknown>;

function isShape(value: unknown): value is Shape {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function optionsOf(schema: unknown): Option[] {
  if (!isShape(schema) || !isShape(schema.properties)) return [];
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, shape]) => {
    const known = isShape(shape) ? shape : {};
    return {
      name,
      takes: takes(known),
      otherwise: known.default === undefined ? undefined : written(known.default),
      description: typeof known.description === "string" ? known.description : "",
      isRequired: required.includes(name),
    };
  });
}

const types: Record<string, string> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "yes or no",
  object: "settings by name",
};

function takes(shape: Shape): string {
  if (Array.isArray(shape.enum)) return `one of ${shape.enum.map(written).join(", ")}`;
  if (shape.type === "array") return `a list, each ${isShape(shape.items) ? takes(shape.items) : "anything"}`;
  const type = (typeof shape.type === "string" && types[shape.type]) || "anything";
  const { minimum: least, maximum: most } = shape;
  if (least !== undefined && most !== undefined) return `${type} from ${written(least)} to ${written(most)}`;
  if (least !== undefined) return `${type}, ${written(least)} at least`;
  if (most !== undefined) return `${type}, ${written(most)} at most`;
  return type;
}

function written(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}
