// What is in the cell that one is at, in words.

import { widthOf } from "@/lib/network";
import { number } from "@/lib/numbers";
import type { MapCell, ScanMap } from "../queries";
import { lookOf, worstFirst } from "./shade";

export function Readout({ map, cell, isAt }: { map: ScanMap; cell: MapCell | undefined; isAt: boolean }) {
  return (
    <p role="status" className="min-h-10 text-xs">
      {cell ? (
        <>
          <strong className="num">{cellName(map, cell)}</strong> {cellWords(cell)}
        </>
      ) : (
        <span className="text-muted">
          {isAt
            ? "Nothing was planned here."
            : "Point at a cell, or go there with the arrow keys, to see what is in it."}
        </span>
      )}
    </p>
  );
}

/** The network of a cell, or its one address. */
export function cellName({ prefix_of_a_cell: prefix }: ScanMap, { first }: MapCell): string {
  return prefix === widthOf(first) ? first : `${first}/${prefix}`;
}

/** Its states with their counts, the worst first. */
export function cellWords({ counts }: MapCell): string {
  const there = worstFirst.filter((state) => (counts[state] ?? 0) > 0);
  return there.map((state) => `${number(counts[state] ?? 0)} ${lookOf(state).name.toLowerCase()}`).join(", ");
}
