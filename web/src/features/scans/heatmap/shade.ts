// What a cell of the address space looks like, by what became of its addresses.
import type { Schemas } from "@/api/client";
import { coverageStates } from "@/api/words";
import type { MapCell } from "../queries";

export type CellState = keyof Schemas["CellCounts"];

/** By which of its addresses a cell is coloured. */
export type Shade = "worst" | "most";

/** A sign within a cell, so that nothing is told by colour alone. */
export type Mark = "none" | "dot" | "ring" | "cross" | "slash" | "dash" | "dots";

interface Look {
  name: string;
  means: string;
  colour: string;
  mark: Mark;
}

const marks: Record<Exclude<CellState, "running">, Mark> = {
  up: "dot",
  down: "none",
  pending: "none",
  timed_out: "slash",
  failed: "cross",
  cancelled: "dash",
  excluded: "dots",
  out_of_scope: "dots",
};

const running: Look = {
  name: "Running",
  means: "is being scanned",
  colour: "--color-fill-running",
  mark: "ring",
};

export function lookOf(state: CellState): Look {
  return state === "running" ? running : { ...coverageStates[state], mark: marks[state] };
}

/** What asks for attention most comes first. */
export const worstFirst: CellState[] = [
  "failed",
  "timed_out",
  "cancelled",
  "running",
  "pending",
  "up",
  "down",
  "excluded",
  "out_of_scope",
];

/** The state that a cell is coloured by; nothing when none of its addresses was planned. */
export function shadeOf({ counts }: Pick<MapCell, "counts">, shade: Shade): CellState | undefined {
  const there = worstFirst.filter((state) => (counts[state] ?? 0) > 0);
  if (shade === "worst") return there[0];
  return there.reduce<CellState | undefined>((most, state) => {
    const isMore = most === undefined || (counts[state] ?? 0) > (counts[most] ?? 0);
    return isMore ? state : most;
  }, undefined);
}
