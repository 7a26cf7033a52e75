// The hosts that one scan found, while it runs too.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useCallback, useMemo } from "react";
import { href, type Schemas } from "@/api/client";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { TextField } from "@/ui/field";
import { Menu, MenuDownload } from "@/ui/menu";
import { Card } from "@/ui/page";
import { valuesOf } from "./facets";
import { hostColumns } from "./host-cells";
import { HostTable } from "./host-table";
import { type Rows, useRead, useSkipped } from "./paged";
import { facetsQuery, type OfScan, readScanHostsQuery, scanHostsQuery } from "./queries";
import { queryOf } from "./query-terms";
import type { HostRow } from "./rows";
import { SearchBox } from "./search-box";
import { WorthALookCard } from "./worth-a-look";

/** How often a page that is looked at is asked for while the scan runs. */
const often = 2_000;
const seldom = 15_000;

export function ScanHosts({
  scan,
  isOver,
  filters,
  onFilter,
}: {
  scan: Schemas["Scan"];
  isOver: boolean;
  filters: OfScan;
  onFilter: (change: OfScan) => void;
}) {
  const { where } = filters;
  // Without a query the server knows how many there are, and any page can be asked for at once.
  const { data: first, error } = useQuery({
    ...scanHostsQuery(scan.id, filters, 0),
    refetchInterval: isOver ? false : often,
  });
  const { data: counts } = useQuery(facetsQuery(scan.project, undefined));
  const key = JSON.stringify(filters);
  const props = { scan: scan.id, filters, isOver };
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <SearchBox
        key={where}
        label="Search the hosts of this scan"
        query={where ?? ""}
        pointer="/where"
        error={error}
        known={valuesOf(counts?.facets ?? [])}
        onSearch={(next) => onFilter({ where: next || undefined })}
      />
      <QuickFilters key={`quick ${key}`} filters={filters} onFilter={onFilter} />
      {error ? (
        <Card title="Hosts">
          <Empty title="This query cannot be answered">What to change stands below the query.</Empty>
        </Card>
      ) : !first ? (
        <Card title="Hosts">
          <Waiting />
        </Card>
      ) : first.rows.length === 0 && !first.next ? (
        <Card title="Hosts">
          <NoHosts isFiltered={key !== "{}"} isOver={isOver} onClear={() => onFilter(noFilters)} />
        </Card>
      ) : first.total === null ? (
        <ReadHosts key={key} {...props} />
      ) : (
        <AnyHosts key={key} {...props} total={first.total} />
      )}
      {isOver && <WorthALookCard scan={scan.id} hosts={first?.total ?? null} key={scan.id} />}
    </div>
  );
}

const noFilters: OfScan = { where: undefined, open: undefined, port: undefined, service: undefined };

interface Props {
  scan: string;
  filters: OfScan;
  isOver: boolean;
}

function AnyHosts({ scan, filters, isOver, total }: Props & { total: number }) {
  const rows = useSkipped(total, (page) => ({
    ...scanHostsQuery(scan, filters, page),
    refetchInterval: isOver ? false : often,
  }));
  return <Found scan={scan} filters={filters} rows={rows} said={counted(total, "host")} />;
}

function ReadHosts({ scan, filters, isOver }: Props) {
  const rows = useRead({
    ...readScanHostsQuery(scan, filters),
    // All pages that were read are read anew: a few often, many seldom.
    refetchInterval: ({ state }) => {
      if (isOver) return false;
      return (state.data?.pages.length ?? 0) > 3 ? seldom : often;
    },
  });
  const isLooking = rows.isPending || (rows.count === 0 && rows.hasMore);
  const said = isLooking ? "Looking …" : counted(rows.count, "host");
  return (
    <Found
      scan={scan}
      filters={filters}
      rows={rows}
      said={rows.hasMore && !isLooking ? `${said} so far, more below` : said}
    />
  );
}

function Found({ scan, filters, rows, said }: { scan: string; filters: OfScan; rows: Rows; said: string }) {
  const navigate = useNavigate();
  const open = useCallback(
    ({ id }: HostRow) => id && void navigate({ to: "/hosts/$host", params: { host: id } }),
    [navigate],
  );
  const columns = useMemo(() => hostColumns(open), [open]);
  return (
    <Card
      flush
      title={<span role="status">{said}</span>}
      actions={<Downloads scan={scan} filters={filters} />}
    >
      <HostTable label="Hosts of the scan" columns={columns} rows={rows} onOpen={open} />
    </Card>
  );
}

/** What is asked for most often, without a query. */
function QuickFilters({ filters, onFilter }: { filters: OfScan; onFilter: (change: OfScan) => void }) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const port = Number(form.get("port"));
    onFilter({
      port: Number.isInteger(port) && port > 0 ? port : undefined,
      service: String(form.get("service") ?? "").trim() || undefined,
    });
  }
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2" aria-label="Filters">
      <Button
        aria-pressed={filters.open === true}
        onClick={() => onFilter({ open: filters.open ? undefined : true })}
      >
        {filters.open && "✓ "}With open ports
      </Button>
      <div className="w-28">
        <TextField
          label="Open port"
          bare
          name="port"
          inputMode="numeric"
          pattern="[0-9]{1,5}"
          placeholder="Open port"
          defaultValue={filters.port}
          className="min-h-9"
        />
      </div>
      <div className="w-40">
        <TextField
          label="Service"
          bare
          name="service"
          placeholder="Service"
          defaultValue={filters.service}
          className="min-h-9"
        />
      </div>
      <Button type="submit">Filter</Button>
      {isFiltered && (
        <Button look="quiet" onClick={() => onFilter(noFilters)}>
          Show all hosts
        </Button>
      )}
    </form>
  );
}

const formats = {
  xlsx: "Excel workbook",
  csv: "CSV",
  json: "JSON",
  jsonl: "JSON lines",
  xml: "nmap XML",
  gnmap: "nmap's grepable form",
  html: "Web page",
  md: "Markdown",
  txt: "Text",
  sarif: "SARIF",
};

function Downloads({ scan, filters }: { scan: string; filters: OfScan }) {
  const where = queryOf(filters);
  return (
    <Menu label={where ? "Download what is found" : "Download"} small>
      {Object.entries(formats).map(([format, name]) => (
        <MenuDownload key={format} href={href(`/scans/${scan}/results`, { format, where })}>
          {name}
        </MenuDownload>
      ))}
    </Menu>
  );
}

function NoHosts({
  isFiltered,
  isOver,
  onClear,
}: {
  isFiltered: boolean;
  isOver: boolean;
  onClear: () => void;
}) {
  if (isFiltered)
    return (
      <Empty title="No host fits" action={<Button onClick={onClear}>Show all hosts</Button>}>
        {isOver
          ? "Nothing that this scan found is like that."
          : "Nothing so far. New hosts appear by themselves."}
      </Empty>
    );
  return isOver ? (
    <Empty title="This scan found no hosts">
      Its coverage says what became of every address. Networks that drop pings hide their hosts: nmap's option
      -Pn looks at each address all the same.
    </Empty>
  ) : (
    <Empty title="No hosts yet">They appear here by themselves as soon as batches are done.</Empty>
  );
}
