// The address space as a field of cells, for pointer and keyboard.
import {
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { themeTurns, watchTheme } from "@/lib/colour";
import { type Field, indexAt, type Order, placeOf } from "@/lib/hilbert";
import type { MapCell } from "../queries";
import { paint, paletteOf } from "./paint";
import type { Shade } from "./shade";

const largestSide = 48;
const quiet = window.matchMedia("(prefers-reduced-motion: reduce)");

export function MapCanvas({
  label,
  field,
  cells,
  order,
  shade,
  at,
  onAt,
  onOpen,
  onLeave,
}: {
  label: string;
  field: Field;
  cells: MapCell[];
  order: Order;
  shade: Shade;
  /** The cell that one is at. */
  at: number | undefined;
  /** The pointer or the keyboard is at a cell, or at none. */
  onAt: (index: number | undefined) => void;
  onOpen: (index: number) => void;
  /** Whoever is inside wants out. */
  onLeave: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const hint = useId();
  const width = useWidth(place);
  const turns = useSyncExternalStore(watchTheme, themeTurns);
  const side = Math.max(2, Math.min(largestSide, Math.floor(width / field.columns)));
  const runs = useMemo(() => cells.some(({ counts }) => (counts.running ?? 0) > 0), [cells]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are others when the theme was turned.
  useEffect(() => {
    const [here, around] = [canvas.current, place.current];
    if (!here || !around || width === 0) return;
    const palette = paletteOf(around);
    const painting = { field, cells, order, shade, side, at };
    paint(here, painting, palette, 1);
    if (!runs || quiet.matches) return;
    const beating = setInterval(
      () => paint(here, painting, palette, (1 + Math.sin(performance.now() / 300)) / 2),
      80,
    );
    return () => clearInterval(beating);
  }, [field, cells, order, shade, side, at, width, runs, turns]);

  function under(event: PointerEvent<HTMLCanvasElement>): number | undefined {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / side);
    const y = Math.floor((event.clientY - box.top) / side);
    const isInside = x >= 0 && y >= 0 && x < field.columns && y < field.rows;
    return isInside ? indexAt(field, { x, y }, order) : undefined;
  }

  function press(event: KeyboardEvent) {
    const step = steps[event.key];
    if (step) {
      const from = placeOf(field, at ?? cells[0]?.index ?? 0, order);
      const x = Math.min(field.columns - 1, Math.max(0, from.x + (at === undefined ? 0 : step[0])));
      const y = Math.min(field.rows - 1, Math.max(0, from.y + (at === undefined ? 0 : step[1])));
      onAt(indexAt(field, { x, y }, order));
    } else if (event.key === "Enter" || event.key === " ") {
      if (at !== undefined) onOpen(at);
    } else if (event.key === "Escape" || event.key === "Backspace") {
      onLeave();
    } else return;
    event.preventDefault();
  }

  return (
    <div ref={place} className="min-w-0">
      <div
        role="application"
        aria-label={label}
        aria-describedby={hint}
        tabIndex={0}
        onKeyDown={press}
        className="mx-auto w-fit border border-line"
      >
        <canvas
          ref={canvas}
          aria-hidden
          className="block cursor-pointer touch-manipulation"
          style={{ width: field.columns * side, height: field.rows * side }}
          onPointerMove={(event) => onAt(under(event))}
          onPointerLeave={() => onAt(undefined)}
          onClick={(event) => {
            const index = under(event as unknown as PointerEvent<HTMLCanvasElement>);
            if (index !== undefined) onOpen(index);
          }}
        />
      </div>
      <p id={hint} className="sr-only">
        Arrow keys go from cell to cell, Enter opens one, Escape goes out again. The same stands below as a
        table.
      </p>
    </div>
  );
}

const steps: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function useWidth(place: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const resized = new ResizeObserver(() => setWidth(Math.min(672, element.clientWidth - 2)));
    resized.observe(element);
    return () => resized.disconnect();
  }, [place]);
  return width;
}
