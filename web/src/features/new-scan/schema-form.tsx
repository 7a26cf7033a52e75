// A form made from a JSON Schema: one field for each property that is a text, a number, a choice or a claim.
import { CheckField, SelectField, TextArea, TextField } from "@/ui/field";

interface Property {
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  items?: Property;
}

/** As much of JSON Schema as forms are made of. */
export interface ObjectSchema {
  properties?: Record<string, Property>;
  required?: string[];
}

type Values = Record<string, unknown>;

/** What is left empty is left out, so that the default holds. */
export function SchemaForm({
  schema,
  values,
  onChange,
  error,
}: {
  schema: ObjectSchema;
  values: Values;
  onChange: (values: Values) => void;
  /** What is wrong with a property. */
  error?: (name: string) => string | undefined;
}) {
  function set(name: string, value: unknown) {
    const { [name]: _, ...others } = values;
    onChange(value === undefined ? others : { ...others, [name]: value });
  }
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return <p className="text-muted">There is nothing to set.</p>;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {properties.map(([name, property]) => (
        <PropertyField
          key={name}
          name={name}
          property={property}
          isRequired={schema.required?.includes(name) ?? false}
          value={values[name]}
          onChange={(value) => set(name, value)}
          error={error?.(name)}
        />
      ))}
    </div>
  );
}

function PropertyField({
  name,
  property,
  isRequired,
  value,
  onChange,
  error,
}: {
  name: string;
  property: Property;
  isRequired: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
  error: string | undefined;
}) {
  const label = `${property.title ?? name.replaceAll("_", " ")}${isRequired ? " (needed)" : ""}`;
  const hint = hintOf(property);
  if (property.type === "boolean") {
    const isOn = value === undefined ? property.default === true : value === true;
    return (
      <div>
        <CheckField
          label={label}
          {...(hint && { hint })}
          checked={isOn}
          onChange={(event) => onChange(event.target.checked)}
        />
        {error && (
          <p role="alert" className="text-xs font-medium text-danger">
            {error}
          </p>
        )}
      </div>
    );
  }
  if (property.enum) {
    return (
      <SelectField
        label={label}
        hint={hint}
        error={error}
        value={value === undefined ? "" : String(value)}
        onChange={(event) => onChange(property.enum?.find((one) => String(one) === event.target.value))}
      >
        <option value="">{property.default === undefined ? "Not said" : `Usual: ${property.default}`}</option>
        {property.enum.map((one) => (
          <option key={String(one)} value={String(one)}>
            {String(one)}
          </option>
        ))}
      </SelectField>
    );
  }
  if (property.type === "array") {
    const lines = Array.isArray(value) ? value.map(String) : [];
    return (
      <TextArea
        label={label}
        hint={hint}
        error={error}
        rows={3}
        className="font-mono"
        value={lines.join("\n")}
        placeholder={asText(property.default)}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value.split("\n"))}
      />
    );
  }
  const isNumber = property.type === "integer" || property.type === "number";
  return (
    <TextField
      label={label}
      hint={hint}
      error={error ?? (isNumber ? wrongNumber(property, value) : undefined)}
      inputMode={isNumber ? "numeric" : undefined}
      maxLength={property.maxLength}
      value={value === undefined ? "" : String(value)}
      placeholder={asText(property.default)}
      onChange={(event) =>
        onChange(isNumber ? numberOf(event.target.value) : event.target.value || undefined)
      }
    />
  );
}

function hintOf({ description, minimum, maximum }: Property): string | undefined {
  const range =
    minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : minimum !== undefined
        ? `${minimum} at least`
        : maximum !== undefined
          ? `${maximum} at most`
          : undefined;
  return [description, range].filter(Boolean).join(" · ") || undefined;
}

function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value.join("\n") : String(value);
}

/** A whole number as one; what is none stays as it was written, and is refused beside its field. */
function numberOf(text: string): unknown {
  if (text.trim() === "") return undefined;
  return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}

export function wrongNumber(property: Property, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number") return "Write a number";
  if (property.type === "integer" && !Number.isInteger(value)) return "Write a whole number";
  if (property.minimum !== undefined && value < property.minimum) return `Write ${property.minimum} or more`;
  if (property.maximum !== undefined && value > property.maximum) return `Write ${property.maximum} or less`;
  return undefined;
}
