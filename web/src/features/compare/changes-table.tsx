// Changes by address, with how it was and how it is.
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { Schemas } from "@/api/client";
import { coverageStates, changes as words } from "@/api/words";
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";
import { type Column, LongTable } from "@/ui/long-table";

type ChangeRow = Schemas["ChangeBody"];

export function ChangesTable({ project, changes }: { project: string; changes: ChangeRow[] }) {
  const columns = useMemo(() => columnsOf(project), [project]);
  const row = useCallback((index: number) => changes[index], [changes]);
  return <LongTable label="Changes" columns={columns} count={changes.length} row={row} rowKey={keyOf} />;
}

function keyOf({ address, port, protocol, change }: ChangeRow): string {
  return `${address} ${port}/${protocol} ${change}`;
}

function columnsOf(project: string): Column<ChangeRow>[] {
  return [
    {
      name: "Change",
      width: "8rem",
      cell: ({ change }) => (
        <Badge still tone={words[change].tone}>
          {words[change].name}
        </Badge>
      ),
    },
    {
      name: "Address",
      width: "minmax(9rem,11rem)",
      cell: ({ address }) => (
        <Link
          to="/addresses/$address"
          params={{ address }}
          search={{ project }}
          preload={false}
          className="link font-mono"
        >
          {address}
        </Link>
      ),
    },
    {
      name: "Port",
      width: "7rem",
      cell: ({ port, protocol }) =>
        typeof port === "number" ? (
          <span className="num">
            {port}/{protocol}
          </span>
        ) : (
          <span className="text-muted">host</span>
        ),
    },
    { name: "Before", width: "minmax(10rem,1fr)", cell: ({ before }) => <Side is={before} /> },
    { name: "After", width: "minmax(10rem,1fr)", cell: ({ after }) => <Side is={after} /> },
  ];
}

/** A port, what became of an address, or nothing. */
function Side({ is }: { is: unknown }) {
  if (is === null || is === undefined) return <span className="text-muted">–</span>;
  if (typeof is === "string")
    return <>{is in coverageStates ? coverageStates[is as Schemas["CoverageState"]].name : is}</>;
  if (!isPort(is)) return <span className="text-muted">–</span>;
  const { state, service } = is;
  const said = [service?.name, service?.product, service?.version].filter(Boolean).join(" ");
  return (
    <>
      <span className="font-medium">{state}</span> <Foreign text={said} most={120} />
    </>
  );
}

function isPort(value: unknown): value is Schemas["Port"] {
  return typeof value === "object" && value !== null && "state" in value;
}
