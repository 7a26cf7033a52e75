// The cells of hosts in tables.
import type { MouseEvent } from "react";
import { Foreign } from "@/ui/foreign";
import type { Column } from "@/ui/long-table";
import { Time } from "@/ui/time";
import type { HostRow, RowPort } from "./rows";
import { SuspectBadge } from "./suspect";

/** So many ports are named in a row; the rest are counted. */
const named = 6;

const name: Column<HostRow> = {
  name: "Name",
  width: "minmax(8rem,1.2fr)",
  cell: ({ name }) => <Foreign text={name} most={80} />,
};

const system: Column<HostRow> = {
  name: "System",
  width: "minmax(7rem,1fr)",
  cell: ({ os }) => <Foreign text={os} most={60} />,
};

const ports: Column<HostRow> = {
  name: "Open ports",
  width: "minmax(13rem,2.4fr)",
  cell: ({ ports: all, timedOut, suspect }) => (
    <>
      {suspect && <SuspectBadge evidence={suspect} />} <Ports ports={all} timedOut={timedOut} />
    </>
  ),
};

/** The columns of what all scans of a project know. */
export function assetColumns(project: string, open: (row: HostRow) => void): Column<HostRow>[] {
  const search = new URLSearchParams({ project });
  return [
    address((row) => `/addresses/${encodeURIComponent(row.address)}?${search}`, open),
    name,
    system,
    ports,
    { name: "Last seen", width: "7.25rem", cell: ({ lastSeen }) => <Time at={lastSeen} /> },
    { name: "First seen", width: "7.25rem", cell: ({ firstSeen }) => <Time at={firstSeen} /> },
  ];
}

/** The columns of what one scan saw. */
export function hostColumns(open: (row: HostRow) => void): Column<HostRow>[] {
  return [
    address(({ id }) => `/hosts/${id}`, open),
    name,
    system,
    ports,
    { name: "Seen", width: "7.25rem", cell: ({ lastSeen }) => <Time at={lastSeen} /> },
  ];
}

/**
 * Links of the router work out where they lead each time they are drawn, which is too slow for rows that
 * fly past. These are plain ones; a click without a modifier stays within the page.
 */
function address(href: (row: HostRow) => string, open: (row: HostRow) => void): Column<HostRow> {
  function follow(event: MouseEvent, row: HostRow) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(row);
  }
  return {
    name: "Address",
    width: "minmax(8.5rem,9.5rem)",
    cell: (row) => (
      <a href={href(row)} onClick={(event) => follow(event, row)} className="link font-mono">
        {row.address}
      </a>
    ),
  };
}

function Ports({ ports: all, timedOut }: { ports: RowPort[]; timedOut: boolean }) {
  if (all.length === 0) return <span className="text-muted">{timedOut ? "took too long" : "none"}</span>;
  return (
    <span>
      {all.slice(0, named).map(({ port, protocol, service }) => (
        <span key={`${port}/${protocol}`} className="mr-2.5">
          <span className="num font-medium">{protocol === "tcp" ? port : `${port}/${protocol}`}</span>
          {service && " "}
          <span className="text-muted">
            <Foreign text={service} most={20} />
          </span>
        </span>
      ))}
      {all.length > named && <span className="text-muted">and {all.length - named} more</span>}
    </span>
  );
}
