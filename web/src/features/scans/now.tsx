// What runs now, and what waits and why.
import { Link } from "@tanstack/react-router";
import { counted, number } from "@/lib/numbers";
import { Empty } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { hasEnded } from "./may";
import type { Scan, ScanStatus } from "./queries";
import { Progress } from "./state";

export function Now({ scan, status }: { scan: Scan; status: ScanStatus }) {
  if (hasEnded(status) && status.running.length === 0) return null;
  return (
    <Card title="Running now" flush>
      {status.running.length > 0 ? (
        <Table
          label="Batches that run now"
          head={
            <>
              <Head>Batch</Head>
              <Head>What nmap does</Head>
              <Head>Addresses</Head>
              <Head>Worker</Head>
              <Head>Since</Head>
            </>
          }
        >
          {status.running.map((one) => (
            <RunningRow key={`${one.batch_number}`} scan={scan.id} one={one} />
          ))}
        </Table>
      ) : (
        <Empty title="Nothing runs">{idle(scan)}</Empty>
      )}
      {status.waiting.length > 0 && (
        <ul className="border-t border-line px-4 py-2 text-muted">
          {status.waiting.map(({ batches, reason }) => (
            <li key={reason} className="foreign">
              {counted(batches, "batch waits", "batches wait")}
              {reason.startsWith("for ") ? " " : ": "}
              {reason}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function idle({ status, desired, reason }: Scan): string {
  if (status === "created") return "The scan has not been started. Press Start when it shall begin.";
  if (status === "paused") return reason ?? "The scan is paused. Press Resume to go on.";
  if (desired === "stop") return "The scan is being stopped.";
  return "No worker has taken a batch yet. See under Workers whether any is there.";
}

function RunningRow({ scan, one }: { scan: string; one: ScanStatus["running"][number] }) {
  const name = `batch ${one.batch_number}`;
  return (
    <tr>
      <Cell className="whitespace-nowrap">
        <Link
          to="/scans/$scan/batches"
          params={{ scan }}
          search={{ batch: one.batch_id ?? undefined }}
          className="link"
        >
          Batch {one.batch_number}
        </Link>
      </Cell>
      <Cell className="min-w-48">
        <Foreign text={one.task ?? "has said nothing yet"} />
        {typeof one.percent === "number" && (
          <Progress part={one.percent / 100} label={`What nmap does for ${name}`} />
        )}
      </Cell>
      <Cell className="min-w-40">
        <Progress part={one.addresses ? one.done / one.addresses : 0} label={`Addresses done of ${name}`} />
        <span className="num text-xs text-muted">
          {number(one.done)} of {number(one.addresses)}
        </span>
      </Cell>
      <Cell>
        <Foreign text={one.worker ?? "–"} />
      </Cell>
      <Cell>
        <Time at={one.since} />
      </Cell>
    </tr>
  );
}
