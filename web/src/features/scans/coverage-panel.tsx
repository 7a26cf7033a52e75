// What became of every address: counted, as ranges, and what is left to scan.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { coverageStates } from "@/api/words";
import { counted, number, percent } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { PartsBar } from "@/ui/chart";
import { Empty, Waiting } from "@/ui/empty";
import { CheckField, SelectField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { type Column, LongTable } from "@/ui/long-table";
import { Card } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { allStates, gapStates, partsOf } from "./coverage-parts";
import { saveRest } from "./exports";
import { type CoverageState, countsQuery, rangesQuery, type Scan } from "./queries";
import { useRows } from "./rows";

export interface CoverageView {
  state?: CoverageState | undefined;
  gaps?: boolean | undefined;
}

type Range = Schemas["Page_RangeBody"]["items"][number];

export function CoveragePanel({
  scan,
  coverage,
  view,
  onView,
}: {
  scan: Scan;
  coverage: Schemas["Coverage"];
  view: CoverageView;
  onView: (changes: Partial<CoverageView>) => void;
}) {
  const looked = coverage.up + coverage.down;
  const wanted = coverage.planned - coverage.excluded - coverage.out_of_scope;
  return (
    <Card
      title="Coverage"
      flush
      actions={
        <Button small icon={<Download size={14} aria-hidden />} onClick={() => saveRest(scan)}>
          Export what is left
        </Button>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <p>
          <strong className="num">{number(looked)}</strong> of {counted(wanted, "address", "addresses")} were
          scanned to the end ({percent(wanted ? looked / wanted : 0)}).
        </p>
        <PartsBar label="Addresses" parts={partsOf(coverage)} />
        <Meanings coverage={coverage} />
        <Names id={scan.id} />
      </div>
      <div className="flex flex-wrap items-end justify-between gap-3 border-t border-line p-3">
        <SelectField
          label="Ranges"
          value={view.state ?? ""}
          onChange={({ target }) =>
            onView({ state: (target.value || undefined) as CoverageState | undefined })
          }
        >
          <option value="">In every state</option>
          {allStates.map((state) => (
            <option key={state} value={state}>
              {coverageStates[state].name} ({number(coverage[state])})
            </option>
          ))}
        </SelectField>
        <CheckField
          label="Focus on gaps"
          hint="Only what is neither up nor down"
          checked={view.gaps ?? false}
          onChange={({ target }) => onView({ gaps: target.checked || undefined })}
        />
      </div>
      <Ranges id={scan.id} project={scan.project} coverage={coverage} view={view} />
    </Card>
  );
}

function Meanings({ coverage }: { coverage: Schemas["Coverage"] }) {
  return (
    <details>
      <summary className="text-xs text-muted">What the states mean</summary>
      <dl className="mt-2 grid grid-cols-[auto_auto_minmax(0,1fr)] gap-x-3 gap-y-1 text-xs">
        {allStates.map((state) => (
          <div key={state} className="contents">
            <dt className="font-medium">{coverageStates[state].name}</dt>
            <dd className="num text-right">{number(coverage[state])}</dd>
            <dd className="text-muted">{coverageStates[state].means}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Names that came to nothing. */
function Names({ id }: { id: string }) {
  const { data } = useQuery(countsQuery(id));
  if (!data || data.denied.length + data.unresolved.length === 0) return null;
  return (
    <details>
      <summary className="text-xs text-muted">
        {counted(data.denied.length + data.unresolved.length, "name")} without addresses
      </summary>
      <ul className="mt-2 flex max-h-48 flex-col gap-1 overflow-y-auto text-xs">
        {data.unresolved.map(({ name, reason }) => (
          <li key={name}>
            <Foreign text={name} /> <span className="text-muted">was not found:</span>{" "}
            <Foreign text={reason} />
          </li>
        ))}
        {data.denied.map((name) => (
          <li key={name}>
            <Foreign text={name} />{" "}
            <span className="text-muted">was not looked up: the project's scope does not allow it</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Ranges({
  id,
  project,
  coverage,
  view: { state, gaps },
}: {
  id: string;
  project: string;
  coverage: Schemas["Coverage"];
  view: CoverageView;
}) {
  const states = useMemo(() => {
    const asked = state ? [state] : gaps ? gapStates.filter((one) => coverage[one] > 0) : [];
    return gaps ? asked.filter((one) => gapStates.includes(one)) : asked;
  }, [state, gaps, coverage]);
  const isNone = gaps === true && states.length === 0;
  const query = useInfiniteQuery({ ...rangesQuery(id, states), enabled: !isNone });
  const { count, row, onSeen } = useRows(query, itemsOf);
  const columns = useMemo(() => columnsOf(project), [project]);
  if (query.error) return <Trouble error={query.error} retry={query.refetch} />;
  if (isNone) return <Empty title="There are no gaps">Every address was scanned to the end.</Empty>;
  if (!query.data) return <Waiting what="Reading the ranges" />;
  if (count === 0) return <Empty title="No address is in this state" />;
  return (
    <LongTable
      label="Ranges of addresses"
      columns={columns}
      count={count}
      row={row}
      rowKey={({ first }) => first}
      onSeen={onSeen}
      className="h-72"
    />
  );
}

const itemsOf = (page: Schemas["CoverageBody"]): Range[] => page.ranges.items;

const columnsOf = (project: string): Column<Range>[] => [
  {
    name: "Addresses",
    width: "minmax(12rem,2fr)",
    cell: ({ first, last }) =>
      first === last ? (
        <Link to="/addresses/$address" params={{ address: first }} search={{ project }} className="link">
          {first}
        </Link>
      ) : (
        `${first} – ${last}`
      ),
  },
  { name: "How many", width: "7rem", right: true, cell: ({ count }) => number(count) },
  {
    name: "State",
    width: "8rem",
    cell: ({ state }) => (
      <Badge tone={coverageStates[state].tone} title={coverageStates[state].means}>
        {coverageStates[state].name}
      </Badge>
    ),
  },
  { name: "Why", width: "minmax(8rem,2fr)", cell: ({ reason }) => <Foreign text={reason} /> },
];
