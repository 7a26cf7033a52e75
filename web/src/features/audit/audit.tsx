// The audit log: who did what, when, and from where.
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Foreign, ForeignBlock } from "@/ui/foreign";
import { Card, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { Export } from "./export";
import { Filter } from "./filter";
import { type AuditEntry, type AuditFilter, auditQuery } from "./queries";
import { Verify } from "./verify";

export function Audit({ filter, change }: { filter: AuditFilter; change: (filter: AuditFilter) => void }) {
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery(
    auditQuery(filter),
  );
  const entries = data.pages.flatMap(({ items }) => items);
  return (
    <Page
      title="Audit log"
      actions={
        <>
          <Verify />
          <Export filter={filter} />
        </>
      }
    >
      <Filter key={JSON.stringify(filter)} filter={filter} change={change} />
      <Card title="What was done, newest first" flush>
        {entries.length === 0 ? (
          <Empty
            title="Nothing is in the log for this"
            action={<Button onClick={() => change({})}>Show all</Button>}
          >
            An actor is written as user:NAME, or token:NAME.
          </Empty>
        ) : (
          <Entries entries={entries} />
        )}
        <footer className="flex flex-wrap items-center justify-between gap-2 border-t border-line px-4 py-3">
          <p role="status" className="text-muted">
            {counted(entries.length, "entry", "entries")}
            {hasNextPage ? ", and there are more" : ""}
          </p>
          {hasNextPage && (
            <Button busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
              Load more
            </Button>
          )}
        </footer>
      </Card>
    </Page>
  );
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  return (
    <Table
      label="Entries of the audit log"
      head={
        <>
          <Head right>Number</Head>
          <Head>When</Head>
          <Head>Who</Head>
          <Head>What</Head>
          <Head>To what</Head>
          <Head>From</Head>
          <Head>Details</Head>
        </>
      }
    >
      {entries.map((entry) => (
        <tr key={entry.seq}>
          <Cell right>{entry.seq}</Cell>
          <Cell>
            <Time at={entry.at} exact />
          </Cell>
          <Cell className="min-w-28">
            <Foreign text={entry.actor} most={60} />
          </Cell>
          <Cell className="whitespace-nowrap">{entry.action}</Cell>
          <Cell className="min-w-40">
            <Foreign text={entry.subject} most={80} />
          </Cell>
          <Cell>{entry.address ?? <span className="text-muted">the server</span>}</Cell>
          <Cell className="min-w-64">
            <Details entry={entry} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

/** The details in a line, and all that is known of the entry when it is opened. */
function Details({ entry }: { entry: AuditEntry }) {
  const { detail, hash } = entry;
  return (
    <details>
      <summary className="text-muted">
        <Foreign text={inALine(detail)} most={70} />
      </summary>
      <div className="mt-2 flex max-w-2xl flex-col gap-2">
        <ForeignBlock text={JSON.stringify(detail, null, 2)} />
        <p className="foreign font-mono text-xs text-muted">hash {hash}</p>
      </div>
    </details>
  );
}

/** `role admin, name mara` */
function inALine(detail: unknown): string {
  if (typeof detail !== "object" || detail === null) return "none";
  const parts = Object.entries(detail).map(
    ([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return parts.join(", ") || "none";
}
