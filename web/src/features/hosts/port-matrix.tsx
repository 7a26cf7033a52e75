// Open ports over time: a column per scan, a row per port.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { coverageStates } from "@/api/words";
import { classes } from "@/lib/classes";
import { absolute } from "@/lib/moments";

export type Entry = Schemas["Page_HistoryEntry"]["items"][number];

/** So many scans fit beside each other, and so many ports below. */
const mostScans = 40;
const mostPorts = 60;

export function PortMatrix({ entries }: { entries: Entry[] }) {
  // The oldest is at the left, as time runs.
  const scans = entries.slice(0, mostScans).reverse();
  const ports = portsOf(scans);
  if (ports.length === 0) return <p className="p-4 text-muted">No scan saw an open port here.</p>;
  return (
    <section aria-label="Open ports over time" tabIndex={0} className="overflow-x-auto p-4">
      <table className="border-separate border-spacing-0.5 text-xs">
        <thead>
          <tr>
            <th scope="col" className="pr-3 text-left font-medium text-muted">
              Port
            </th>
            {scans.map((entry) => (
              <th key={entry.scan_id} scope="col" className="num min-w-6 px-0.5 font-medium">
                <Link
                  to="/scans/$scan"
                  params={{ scan: entry.scan_id }}
                  className="link"
                  title={`Scan ${entry.scan_number} ${entry.scan_name}, ${absolute(entry.at)}`}
                >
                  {entry.scan_number}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ports.slice(0, mostPorts).map((port) => (
            <tr key={port}>
              <th scope="row" className="num pr-3 text-left font-medium whitespace-nowrap">
                {port}
              </th>
              {scans.map((entry) => (
                <Square key={entry.scan_id} entry={entry} port={port} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        <span>● open</span>
        <span>· not open, or not looked at</span>
        <span>blank: the scan did not see the host</span>
        {ports.length > mostPorts && <span>{ports.length - mostPorts} more ports are left out</span>}
        {entries.length > mostScans && <span>the newest {mostScans} scans are shown</span>}
      </p>
    </section>
  );
}

function Square({ entry, port }: { entry: Entry; port: string }) {
  const isUp = entry.state === "up" || entry.host_id;
  const isOpen = entry.open_ports.includes(port);
  const says = isOpen
    ? "open"
    : isUp
      ? "not open, or not looked at"
      : coverageStates[entry.state].name.toLowerCase();
  return (
    <td
      title={`Scan ${entry.scan_number}: ${port} ${says}`}
      className={classes(
        "size-6 rounded-sm text-center align-middle",
        isOpen ? "bg-good-soft text-good" : isUp ? "bg-raised text-muted" : "",
      )}
    >
      <span aria-hidden>{isOpen ? "●" : isUp ? "·" : ""}</span>
      <span className="sr-only">{says}</span>
    </td>
  );
}

/** All ports that were open in one of the scans, by number. */
export function portsOf(scans: Entry[]): string[] {
  const all = new Set(scans.flatMap(({ open_ports }) => open_ports));
  return [...all].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || a.localeCompare(b));
}
