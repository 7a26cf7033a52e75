// What waits, and for what or whom.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { counted } from "@/lib/numbers";
import { Card } from "@/ui/page";

type Scan = Schemas["Scan"];

interface Wait {
  scan: Scan;
  key: string;
  reason: string;
}

export function Waits({
  scans,
  statuses,
  unstarted,
}: {
  scans: Scan[];
  statuses: Schemas["ScanStatus"][];
  unstarted: Scan[];
}) {
  const all = waitsOf(scans, statuses, unstarted);
  if (all.length === 0) return null;
  const most = 10;
  return (
    <Card title="What waits, and for what">
      <ul className="flex flex-col gap-2">
        {all.slice(0, most).map(({ scan, key, reason }) => (
          <li key={key} className="flex flex-wrap gap-x-3">
            <Link to="/scans/$scan" params={{ scan: scan.id }} className="link foreign font-medium">
              {scan.name || `Scan ${scan.number}`}
            </Link>
            <span className="foreign text-muted">{reason}</span>
          </li>
        ))}
      </ul>
      {all.length > most && <p className="mt-2 text-xs text-muted">And {all.length - most} more.</p>}
    </Card>
  );
}

export function waitsOf(scans: Scan[], statuses: Schemas["ScanStatus"][], unstarted: Scan[]): Wait[] {
  const byId = new Map(scans.map((scan) => [scan.id, scan]));
  const batches = statuses.flatMap((status) => {
    const scan = byId.get(status.scan_id);
    if (!scan) return [];
    const own = status.waiting.map(({ reason, batches }) => ({
      scan,
      key: `${scan.id}:${reason}`,
      reason: `${counted(batches, "batch", "batches")}: ${reason}`,
    }));
    const said = status.reason && scan.status !== "running";
    return said ? [{ scan, key: scan.id, reason: status.reason ?? "" }, ...own] : own;
  });
  const paused = scans
    .filter((scan) => scan.status === "paused" && !batches.some(({ key }) => key === scan.id))
    .map((scan) => ({ scan, key: `${scan.id}:paused`, reason: "paused, until somebody resumes it" }));
  const made = unstarted.map((scan) => ({
    scan,
    key: `${scan.id}:created`,
    reason: `made by ${scan.owner.replace(/^\w+:/, "")}, until somebody starts it`,
  }));
  return [...batches, ...paused, ...made];
}
