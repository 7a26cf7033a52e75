// The column of a long table by which rows are picked.
import type { Column } from "./long-table";

export function pickColumn<Row>(
  /** What a row is picked as, and called. */
  keyOf: (row: Row) => string,
  picked: ReadonlySet<string>,
  onTurn: (key: string, isPicked: boolean) => void,
): Column<Row> {
  return {
    name: "Pick",
    width: "4rem",
    cell: (row) => {
      const key = keyOf(row);
      return (
        <input
          type="checkbox"
          aria-label={`Pick ${key}`}
          className="size-4 accent-accent"
          checked={picked.has(key)}
          onChange={(event) => onTurn(key, event.target.checked)}
        />
      );
    },
  };
}
