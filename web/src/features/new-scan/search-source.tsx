// Hosts that a search finds as targets, and which those are now.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Schemas } from "@/api/client";
import { number } from "@/lib/numbers";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField, TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { Figure } from "@/ui/page";
import { useSettled } from "@/ui/settled";
import { Trouble } from "@/ui/trouble";
import type { Change, Draft } from "./draft";
import { meantQuery } from "./queries";

export function SearchField({
  draft,
  change,
  searches,
  error,
}: {
  draft: Draft;
  change: Change;
  searches: Schemas["SavedSearchBody"][];
  error: string | undefined;
}) {
  return (
    <div className="flex flex-col gap-4">
      {searches.length > 0 && (
        <SelectField
          label="Saved search"
          value={searches.some(({ name }) => `@${name}` === draft.query) ? draft.query : ""}
          onChange={(event) => change({ query: event.target.value })}
        >
          <option value="">A query of your own</option>
          {searches.map(({ name, query }) => (
            <option key={name} value={`@${name}`}>
              {name}: {query}
            </option>
          ))}
        </SelectField>
      )}
      <TextField
        label="Query"
        className="font-mono"
        hint="In the search language, or @name for a saved search. It is asked when the scan is made."
        error={error}
        value={draft.query}
        placeholder="port:443 product:nginx"
        onChange={(event) => change({ query: event.target.value })}
      />
    </div>
  );
}

export function Meant({ project, query }: { project: string; query: string }) {
  const settled = useSettled(query.trim());
  const meant = useQuery({ ...meantQuery(project, settled), placeholderData: keepPreviousData });
  if (!settled) return <Empty title="Nothing yet">The hosts that the search finds now are shown here.</Empty>;
  if (meant.error) return <Trouble error={meant.error} />;
  if (!meant.data) return <Waiting what="Searching" />;
  const { hosts } = meant.data;
  const total = meant.data.total ?? hosts.length;
  return (
    <div className="flex flex-col gap-4">
      <Figure name="Hosts" note="found now; the scan has those found when it is made">
        {number(total)}
      </Figure>
      <ul tabIndex={0} className="num max-h-72 overflow-y-auto rounded-md bg-raised p-2 font-mono text-xs">
        {hosts.map(({ address, hostnames }) => (
          <li key={address} className="flex gap-3">
            {address}
            <span className="text-muted">
              <Foreign text={hostnames[0]?.name} most={60} />
            </span>
          </li>
        ))}
      </ul>
      {total > hosts.length && <p className="text-xs text-muted">The first {hosts.length} are shown.</p>}
    </div>
  );
}
