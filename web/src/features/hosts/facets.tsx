// What the hosts that are found have in common; a click asks for one of it, or no more.
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { classes } from "@/lib/classes";
import { number } from "@/lib/numbers";
import { Foreign } from "@/ui/foreign";
import type { KnownValues } from "./complete";
import { type FacetField, facetFields, hasTerm, termOf } from "./query-terms";

/** What facets are called, in the order in which they are shown. */
export const facetNames: Record<FacetField, string> = {
  port: "Open ports",
  service: "Services",
  product: "Products",
  os: "Operating systems",
  vendor: "Vendors",
  net: "Networks",
};

const first = 6;

export function Facets({
  facets,
  query,
  onToggle,
}: {
  facets: Schemas["FacetBody"][];
  query: string;
  onToggle: (term: string) => void;
}) {
  return (
    <div className="flex flex-col gap-4">
      {facetFields.map((field) => {
        const values = facets.find((facet) => facet.field === field)?.values ?? [];
        return (
          values.length > 0 && (
            <Facet key={field} field={field} values={values} query={query} onToggle={onToggle} />
          )
        );
      })}
    </div>
  );
}

function Facet({
  field,
  values,
  query,
  onToggle,
}: {
  field: FacetField;
  values: Schemas["FacetCount"][];
  query: string;
  onToggle: (term: string) => void;
}) {
  const [all, setAll] = useState(false);
  return (
    <section>
      <h3 className="mb-1 px-2 text-xs font-semibold text-muted">{facetNames[field]}</h3>
      <ul>
        {values.slice(0, all ? undefined : first).map(({ value, count }) => {
          const term = termOf(field, value);
          const isOn = hasTerm(query, term);
          return (
            <li key={value}>
              <button
                type="button"
                aria-pressed={isOn}
                onClick={() => onToggle(term)}
                className={classes(
                  "flex min-h-7 w-full items-center justify-between gap-3 rounded px-2 text-left hover:bg-raised",
                  isOn && "bg-accent-soft font-medium",
                )}
              >
                <span className="min-w-0 truncate">
                  {isOn && "✓ "}
                  <Foreign text={value} most={60} />
                </span>
                <span className="num text-xs text-muted">{number(count)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {values.length > first && (
        <button type="button" className="link mt-0.5 min-h-6 px-2 text-xs" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${values.length - first} more`}
        </button>
      )}
    </section>
  );
}

/** The values of facets, for completion. */
export function valuesOf(facets: Schemas["FacetBody"][]): KnownValues {
  const bare = (value: string) => value.split("/")[0] ?? value;
  return Object.fromEntries(
    facets.map(({ field, values }) => [
      field,
      values.map(({ value, count }) => ({
        text: field === "port" ? bare(value) : value,
        note: number(count),
      })),
    ]),
  );
}
