// The numbers that people look for first.
import { Link } from "@tanstack/react-router";
import { absolute } from "@/lib/moments";
import { counted, duration, number, percent } from "@/lib/numbers";
import { Card, Figure } from "@/ui/page";
import { useNow } from "@/ui/time";
import { hasEnded } from "./may";
import type { Scan, ScanStatus } from "./queries";
import { Progress } from "./state";

export function Figures({ scan, status }: { scan: Scan; status: ScanStatus }) {
  const { batches, coverage } = status;
  const over = batches.succeeded + batches.failed + batches.cancelled;
  const there = batches.total - batches.superseded;
  return (
    <Card>
      <div className="flex flex-col gap-4">
        <Progress part={status.progress} label="Progress of the scan" />
        <div className="grid grid-cols-2 gap-4 sm:grid-cols-3 lg:grid-cols-6">
          <Figure
            name="Progress"
            note={`${number(coverage.planned - coverage.pending)} of ${counted(coverage.planned, "address", "addresses")}`}
          >
            {percent(status.progress)}
          </Figure>
          <Forecast status={status} />
          <Elapsed status={status} />
          <Figure
            name="Hosts up"
            note={
              <Link to="/scans/$scan/hosts" params={{ scan: scan.id }} className="link">
                Show the hosts
              </Link>
            }
          >
            {number(status.hosts_up)}
          </Figure>
          <Figure
            name="Open ports"
            note={
              <Link
                to="/scans/$scan/hosts"
                params={{ scan: scan.id }}
                search={{ open: true }}
                className="link"
              >
                Show who has them
              </Link>
            }
          >
            {number(status.open_ports)}
          </Figure>
          <Figure
            name="Batches over"
            note={
              batches.failed > 0 ? `${number(batches.failed)} given up` : `${number(batches.leased)} running`
            }
          >
            {number(over)} <span className="text-sm font-normal text-muted">of {number(there)}</span>
          </Figure>
        </div>
      </div>
    </Card>
  );
}

/** Never more than what can be told. */
function Forecast({ status }: { status: ScanStatus }) {
  const now = useNow();
  if (hasEnded(status)) {
    return (
      <Figure name="Ended" note={status.completed_at ? absolute(status.completed_at) : undefined}>
        {status.status}
      </Figure>
    );
  }
  if (status.status === "running" && status.forecast_ms) {
    const end = new Date(now + status.forecast_ms).toISOString();
    return (
      <Figure name="Forecast" note={`until about ${absolute(end)}`}>
        {duration(status.forecast_ms)}
      </Figure>
    );
  }
  const why: Partial<Record<ScanStatus["status"], string>> = {
    created: "it has not been started",
    queued: "it waits for its first batch",
    paused: "it is paused",
    running: "too little is done to tell",
  };
  return (
    <Figure name="Forecast" note={why[status.status]}>
      none yet
    </Figure>
  );
}

function Elapsed({ status: { started_at, completed_at } }: { status: ScanStatus }) {
  const now = useNow();
  if (!started_at) return <Figure name="Elapsed">–</Figure>;
  const end = completed_at ? Date.parse(completed_at) : now;
  return (
    <Figure name={completed_at ? "Took" : "Elapsed"} note={`since ${absolute(started_at)}`}>
      {duration(Math.max(0, end - Date.parse(started_at)))}
    </Figure>
  );
}
