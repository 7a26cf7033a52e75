// Hosts as a table of any length.
import { type Column, LongTable } from "@/ui/long-table";
import { Trouble } from "@/ui/trouble";
import type { Rows } from "./paged";
import type { HostRow } from "./rows";

export function HostTable({
  label,
  columns,
  rows,
  onOpen,
}: {
  label: string;
  columns: Column<HostRow>[];
  rows: Rows;
  onOpen: (row: HostRow) => void;
}) {
  return (
    <>
      {rows.error && <Trouble error={rows.error} />}
      <LongTable
        label={label}
        columns={columns}
        count={rows.count}
        row={rows.row}
        rowKey={addressOf}
        onSeen={rows.onSeen}
        onOpen={onOpen}
      />
    </>
  );
}

function addressOf({ address }: HostRow): string {
  return address;
}
