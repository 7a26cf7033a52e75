// Difficult targets in rows that can be selected.
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { coverageStates } from "@/api/words";
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";
import { type Column, LongTable } from "@/ui/long-table";
import { keyOf } from "./filter";
import type { Difficult } from "./queries";

export function DifficultTable({
  project,
  shown,
  picked,
  onTurn,
}: {
  project: string;
  shown: Difficult[];
  picked: ReadonlySet<string>;
  onTurn: (one: Difficult) => void;
}) {
  const columns = useMemo<Column<Difficult>[]>(
    () => [
      {
        name: "Selected",
        width: "5rem",
        cell: (one) => (
          <input
            type="checkbox"
            aria-label={`Select ${one.addresses} of scan ${one.scan_number}`}
            checked={picked.has(keyOf(one))}
            onChange={() => onTurn(one)}
            className="block size-5 accent-accent"
          />
        ),
      },
      {
        name: "Addresses",
        width: "minmax(11rem,1.2fr)",
        cell: ({ addresses, count }) =>
          count === 1 ? (
            <Link
              to="/addresses/$address"
              params={{ address: addresses }}
              search={{ project }}
              preload={false}
              className="link font-mono"
            >
              {addresses}
            </Link>
          ) : (
            <span className="font-mono" title={addresses}>
              {addresses}
            </span>
          ),
      },
      { name: "How many", width: "6rem", right: true, cell: ({ count }) => count.toLocaleString("en") },
      {
        name: "State",
        width: "7rem",
        cell: ({ state }) => (
          <Badge tone={coverageStates[state].tone} title={coverageStates[state].means}>
            {coverageStates[state].name}
          </Badge>
        ),
      },
      { name: "Reason", width: "minmax(12rem,2fr)", cell: ({ reason }) => <Foreign text={reason} /> },
      {
        name: "Scan",
        width: "6rem",
        cell: ({ scan_id, scan_number }) => (
          <Link to="/scans/$scan" params={{ scan: scan_id }} preload={false} className="link">
            Scan {scan_number}
          </Link>
        ),
      },
    ],
    [project, picked, onTurn],
  );
  const row = useCallback((index: number) => shown[index], [shown]);
  return (
    <LongTable
      label="Difficult targets"
      columns={columns}
      count={shown.length}
      row={row}
      rowKey={keyOf}
      onOpen={onTurn}
    />
  );
}
