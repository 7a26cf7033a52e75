// The attempts that took longest, and those that failed.
import { Link } from "@tanstack/react-router";
import { duration, number } from "@/lib/numbers";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { useNow } from "@/ui/time";
import type { Attempt, ScanStatus } from "./queries";
import { Outcome } from "./state";

export function Trials({ id, status }: { id: string; status: ScanStatus }) {
  const { failures, failures_total: total, slowest } = status;
  if (slowest.length === 0 && failures.length === 0) return null;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      {slowest.length > 0 && (
        <Card title="Slowest attempts" flush>
          <Attempts label="Slowest attempts" id={id} attempts={slowest} />
        </Card>
      )}
      {failures.length > 0 && (
        <Card
          title={`Failed attempts (${number(total)})`}
          flush
          actions={
            <Link
              to="/scans/$scan/attempts"
              params={{ scan: id }}
              search={{ outcome: "failed" }}
              className="link"
            >
              All of them
            </Link>
          }
        >
          <Attempts label="Failed attempts" id={id} attempts={failures} />
        </Card>
      )}
    </div>
  );
}

function Attempts({ label, id, attempts }: { label: string; id: string; attempts: Attempt[] }) {
  return (
    <Table
      label={label}
      head={
        <>
          <Head>Attempt</Head>
          <Head>Outcome</Head>
          <Head right>Took</Head>
          <Head>Why</Head>
        </>
      }
    >
      {attempts.map((attempt) => (
        <tr key={attempt.id}>
          <Cell className="whitespace-nowrap">
            <Link
              to="/scans/$scan/attempts"
              params={{ scan: id }}
              search={{ attempt: attempt.id }}
              className="link"
            >
              Batch {attempt.batch_number}, attempt {attempt.number}
            </Link>
          </Cell>
          <Cell>
            <Outcome outcome={attempt.outcome} />
          </Cell>
          <Cell right>
            <Took attempt={attempt} />
          </Cell>
          <Cell className="min-w-56">
            <Foreign text={attempt.reason} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

/** How long an attempt took, or takes so far. */
export function Took({ attempt: { started_at, ended_at } }: { attempt: Attempt }) {
  const now = useNow();
  const end = ended_at ? Date.parse(ended_at) : now;
  return <>{duration(Math.max(0, end - Date.parse(started_at)))}</>;
}
