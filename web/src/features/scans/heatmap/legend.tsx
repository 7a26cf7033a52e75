// What the colours and signs of the map mean.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { resolvedColour, themeTurns, watchTheme } from "@/lib/colour";
import type { MapCell } from "../queries";
import { sign } from "./paint";
import { type CellState, lookOf, worstFirst } from "./shade";

/** Only the states that are there. */
export function Legend({ cells }: { cells: MapCell[] }) {
  const there = worstFirst.filter((state) => cells.some(({ counts }) => (counts[state] ?? 0) > 0));
  return (
    <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {there.map((state) => (
        <li key={state} className="flex items-center gap-1.5" title={lookOf(state).means}>
          <Swatch state={state} /> {lookOf(state).name}
        </li>
      ))}
      <li className="flex items-center gap-1.5">
        <span aria-hidden className="size-4 border border-line" /> Not planned
      </li>
    </ul>
  );
}

const side = 16;

function Swatch({ state }: { state: CellState }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const turns = useSyncExternalStore(watchTheme, themeTurns);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are others when the theme was turned.
  useEffect(() => {
    const brush = canvas.current?.getContext("2d");
    const around = canvas.current?.parentElement;
    if (!brush || !around) return;
    const { colour, mark } = lookOf(state);
    const scale = window.devicePixelRatio || 1;
    brush.canvas.width = side * scale;
    brush.canvas.height = side * scale;
    brush.scale(scale, scale);
    brush.fillStyle = resolvedColour(around, colour);
    brush.fillRect(0, 0, side, side);
    sign(brush, mark, 0, 0, side, resolvedColour(around, "--color-ink"));
  }, [state, turns]);
  return <canvas ref={canvas} aria-hidden className="size-4 border border-line" />;
}
