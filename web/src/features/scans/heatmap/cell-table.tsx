// The map as a table, for those who cannot see it and for those who would rather read.
import { useMemo, useState } from "react";
import { type Column, LongTable } from "@/ui/long-table";
import type { MapCell, ScanMap } from "../queries";
import { cellName, cellWords } from "./readout";
import { lookOf, type Shade, shadeOf, worstFirst } from "./shade";

export function CellTable({
  map,
  shade,
  onOpen,
}: {
  map: ScanMap;
  shade: Shade;
  onOpen: (cell: MapCell) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="text-xs text-muted">The map as a table</summary>
      {isOpen && <Cells map={map} shade={shade} onOpen={onOpen} />}
    </details>
  );
}

/** By state, what asks for attention first. */
function Cells({ map, shade, onOpen }: { map: ScanMap; shade: Shade; onOpen: (cell: MapCell) => void }) {
  const cells = useMemo(() => {
    const rank = (cell: MapCell) => worstFirst.indexOf(shadeOf(cell, shade) ?? "out_of_scope");
    return map.cells.toSorted((one, other) => rank(one) - rank(other) || one.index - other.index);
  }, [map, shade]);
  const columns = useMemo(
    (): Column<MapCell>[] => [
      {
        name: "Cell",
        width: "minmax(10rem,1fr)",
        cell: (cell) => (
          <button type="button" className="link" onClick={() => onOpen(cell)}>
            {cellName(map, cell)}
          </button>
        ),
      },
      {
        name: "State",
        width: "8rem",
        cell: (cell) => {
          const state = shadeOf(cell, shade);
          return state && lookOf(state).name;
        },
      },
      { name: "Addresses", width: "minmax(12rem,2fr)", cell: cellWords },
    ],
    [map, shade, onOpen],
  );
  return (
    <LongTable
      label={`Cells of ${map.within}`}
      columns={columns}
      count={cells.length}
      row={(index) => cells[index]}
      rowKey={({ index }) => String(index)}
      className="h-64"
    />
  );
}
