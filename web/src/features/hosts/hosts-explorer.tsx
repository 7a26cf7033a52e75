// All hosts of a project, as all its scans know them: to look for, to narrow down, to take away.
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Radar } from "lucide-react";
import { type ReactNode, useCallback, useMemo } from "react";
import type { Schemas } from "@/api/client";
import { searchesQuery } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { absolute } from "@/lib/moments";
import { counted } from "@/lib/numbers";
import { Button, LinkButton } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { Field } from "@/ui/field";
import { Card, Page } from "@/ui/page";
import { DownloadFound } from "./download-found";
import { Facets, valuesOf } from "./facets";
import { assetColumns } from "./host-cells";
import { HostTable } from "./host-table";
import { useRead, useSkipped } from "./paged";
import { facetsQuery, foundQuery, readFoundQuery, type Sought } from "./queries";
import { toggled } from "./query-terms";
import type { HostRow } from "./rows";
import { SavedSearches } from "./saved-searches";
import { SearchBox } from "./search-box";

export function HostsExplorer({
  sought,
  picker,
  onSeek,
}: {
  sought: Sought;
  picker: ReactNode;
  onSeek: (change: { q?: string | undefined; as_of?: string | undefined }) => void;
}) {
  const { project, q = "", as_of } = sought;
  const saved = useSuspenseQuery(searchesQuery(project)).data;
  const {
    data: first,
    error,
    isPlaceholderData,
  } = useQuery({
    ...foundQuery(sought, 0),
    enabled: as_of === undefined,
    // What a scan has just found is taken up within a second or two.
    refetchInterval: ({ state }) => (state.data?.isCurrent === false ? 2_000 : false),
  });
  const { data: counts } = useQuery({
    ...facetsQuery(project, q || undefined),
    enabled: as_of === undefined,
  });
  const search = (next: string) => onSeek({ q: next || undefined });
  const total = as_of === undefined && !error ? (first?.total ?? null) : null;
  return (
    <Page
      title="Hosts"
      actions={
        <>
          {picker}
          <ScanThese project={project} query={q} total={total} />
          <DownloadFound sought={sought} total={total} />
        </>
      }
    >
      <div className="flex flex-wrap items-start gap-2">
        <SearchBox
          key={`${project} ${q}`}
          label="Search hosts"
          query={q}
          pointer="/q"
          error={as_of === undefined ? error : null}
          known={valuesOf(counts?.facets ?? [])}
          saved={saved.map(({ name, query }) => ({ text: name, note: query }))}
          onSearch={search}
        />
        <SavedSearches project={project} query={q} saved={saved} onPick={search} />
        <AsOf asOf={as_of} onPick={(next) => onSeek({ as_of: next })} />
      </div>
      <div className="grid min-w-0 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_14.5rem]">
        <Card
          flush
          title={
            <span role="status">
              {as_of
                ? `As known on ${absolute(as_of)}`
                : error
                  ? "Hosts"
                  : first
                    ? counted(first.total ?? 0, "host")
                    : "Hosts"}
              {isPlaceholderData && !as_of && <span className="font-normal text-muted"> · searching …</span>}
              {first && !first.isCurrent && (
                <span className="font-normal text-muted"> · newer results are still being taken up</span>
              )}
            </span>
          }
        >
          {as_of !== undefined ? (
            <PastHosts key={`${project} ${q} ${as_of}`} sought={sought} />
          ) : error ? (
            <Empty title="This query cannot be answered">What to change stands below the query.</Empty>
          ) : !first ? (
            <Waiting />
          ) : first.total === 0 ? (
            <Nothing query={q} project={project} onClear={() => search("")} />
          ) : (
            <PresentHosts key={keyOf(first.of)} sought={first.of} total={first.total ?? 0} />
          )}
        </Card>
        <FacetsCard
          facets={counts?.facets ?? []}
          asOf={as_of}
          query={meantBy(q, saved)}
          onToggle={(term) => search(toggled(meantBy(q, saved), term))}
        />
      </div>
    </Page>
  );
}

/** The rows of one search stay as they are until those of the next are there. */
function keyOf({ project, q = "" }: Sought): string {
  return `${project} ${q}`;
}

/** A saved search stands alone: whoever narrows it down goes on with what it means. */
function meantBy(q: string, saved: Schemas["SavedSearchBody"][]): string {
  return saved.find(({ name }) => q === `@${name}`)?.query ?? q;
}

function PresentHosts({ sought, total }: { sought: Sought; total: number }) {
  const rows = useSkipped(total, (page) => foundQuery(sought, page));
  return <Found rows={rows} project={sought.project} />;
}

function PastHosts({ sought }: { sought: Sought }) {
  const rows = useRead(readFoundQuery(sought));
  if (rows.isPending) return <Waiting what="Looking into the past" />;
  if (rows.count === 0 && !rows.hasMore)
    return <Empty title="Nothing was known then">No host that fits had been seen at that time.</Empty>;
  return <Found rows={rows} project={sought.project} />;
}

function Found({ rows, project }: { rows: ReturnType<typeof useSkipped>; project: string }) {
  const navigate = useNavigate();
  const open = useCallback(
    ({ address }: HostRow) =>
      void navigate({ to: "/addresses/$address", params: { address }, search: { project } }),
    [navigate, project],
  );
  const columns = useMemo(() => assetColumns(project, open), [project, open]);
  return (
    <>
      <HostTable label="Hosts" columns={columns} rows={rows} onOpen={open} />
      {rows.hasMore && rows.count >= 900_000 && (
        <p className="border-t border-line p-3 text-muted">
          The first 900,000 are shown. Narrow the search, or download all.
        </p>
      )}
    </>
  );
}

function ScanThese({ project, query, total }: { project: string; query: string; total: number | null }) {
  const refusal = useRefusal("scan");
  const reason = refusal ?? (total === 0 ? "nothing is found" : undefined);
  const icon = <Radar size={15} aria-hidden />;
  if (reason)
    return (
      <Button icon={icon} reason={reason}>
        Scan these
      </Button>
    );
  // Every known host has some number of open ports.
  return (
    <LinkButton to="/new-scan" search={{ project, search: query || "ports>=0" }} icon={icon}>
      Scan these
    </LinkButton>
  );
}

/** A moment in one's own zone, as the input has it, and as the API has it. */
function AsOf({ asOf, onPick }: { asOf: string | undefined; onPick: (asOf: string | undefined) => void }) {
  const local = asOf ? localInput(new Date(asOf)) : "";
  return (
    <div className="[&_label]:font-normal flex items-center gap-2 [&>div]:flex-row [&>div]:items-center [&>div]:gap-2 [&_label]:whitespace-nowrap [&_label]:text-muted">
      <Field label="As of">
        {(wiring) => (
          <input
            {...wiring}
            key={local}
            type="datetime-local"
            title="As known on: empty for what is known now"
            className="field min-h-9"
            defaultValue={local}
            max={localInput(new Date())}
            onBlur={(event) => {
              const value = event.target.value;
              if (value !== local) onPick(value ? new Date(value).toISOString() : undefined);
            }}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          />
        )}
      </Field>
      {asOf && <Button onClick={() => onPick(undefined)}>Now</Button>}
    </div>
  );
}

function localInput(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return Number.isNaN(shifted.getTime()) ? "" : shifted.toISOString().slice(0, 16);
}

function FacetsCard({
  facets,
  query,
  asOf,
  onToggle,
}: {
  facets: Schemas["FacetBody"][];
  query: string;
  asOf: string | undefined;
  onToggle: (term: string) => void;
}) {
  return (
    <div className="max-lg:row-start-1">
      <Card title="In common">
        {asOf ? (
          <p className="text-muted">Of the past only hosts are listed; counts are of now.</p>
        ) : facets.every(({ values }) => values.length === 0) ? (
          <p className="text-muted">Nothing yet.</p>
        ) : (
          <details className="lg:[&>summary]:hidden" open={window.matchMedia("(min-width: 64rem)").matches}>
            <summary className="cursor-pointer">Ports, services, products and more</summary>
            <div className="mt-2 lg:mt-0 lg:-mx-2">
              <Facets facets={facets} query={query} onToggle={onToggle} />
            </div>
          </details>
        )}
      </Card>
    </div>
  );
}

function Nothing({ query, project, onClear }: { query: string; project: string; onClear: () => void }) {
  if (query)
    return (
      <Empty title="No host fits" action={<Button onClick={onClear}>Show all hosts</Button>}>
        Ports are open ones, and terms about a port side by side mean the same port. The help has examples.
      </Empty>
    );
  return (
    <Empty
      title="No hosts are known yet"
      action={
        <>
          <LinkButton to="/new-scan" search={{ project }} look="primary">
            Start a scan
          </LinkButton>
          <LinkButton to="/import">Import results</LinkButton>
        </>
      }
    >
      Hosts stand here as soon as a scan of this project has found them.
    </Empty>
  );
}
