// Paints the address space.
import { resolvedColour } from "@/lib/colour";
import { type Field, type Order, placeOf } from "@/lib/hilbert";
import type { MapCell } from "../queries";
import { type CellState, lookOf, type Mark, type Shade, shadeOf, worstFirst } from "./shade";

export interface Painting {
  field: Field;
  cells: MapCell[];
  order: Order;
  shade: Shade;
  /** The side of a cell in pixels of the page. */
  side: number;
  /** The cell that the keyboard or the pointer is at. */
  at: number | undefined;
}

export interface Palette {
  fills: Map<CellState, string>;
  empty: string;
  line: string;
  ink: string;
}

export function paletteOf(element: HTMLElement): Palette {
  const colour = (name: string) => resolvedColour(element, name);
  return {
    fills: new Map(worstFirst.map((state) => [state, colour(lookOf(state).colour)])),
    empty: colour("--color-surface"),
    line: colour("--color-line"),
    ink: colour("--color-ink"),
  };
}

/** `beat` goes from 0 to 1 and back: cells that run beat with it. */
export function paint(canvas: HTMLCanvasElement, painting: Painting, palette: Palette, beat: number): void {
  const { field, cells, order, shade, side, at } = painting;
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [field.columns * side, field.rows * side];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const brush = canvas.getContext("2d");
  if (!brush) return;
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  brush.globalAlpha = 1;
  brush.fillStyle = palette.empty;
  brush.fillRect(0, 0, width, height);
  const gap = side >= 6 ? 1 : 0;
  for (const cell of cells) {
    const state = shadeOf(cell, shade);
    if (!state) continue;
    const { x, y } = placeOf(field, cell.index, order);
    const isRunning = (cell.counts.running ?? 0) > 0;
    brush.globalAlpha = isRunning ? 0.45 + 0.55 * beat : 1;
    brush.fillStyle = palette.fills.get(isRunning ? "running" : state) ?? palette.line;
    brush.fillRect(x * side, y * side, side - gap, side - gap);
    brush.globalAlpha = 1;
    if (side >= 9) sign(brush, lookOf(state).mark, x * side, y * side, side - gap, palette.ink);
  }
  if (at !== undefined) frame(brush, placeOf(field, at, order), side, palette);
}

function frame(
  brush: CanvasRenderingContext2D,
  { x, y }: { x: number; y: number },
  side: number,
  palette: Palette,
) {
  brush.lineWidth = 3;
  brush.strokeStyle = palette.empty;
  brush.strokeRect(x * side - 1, y * side - 1, side + 1, side + 1);
  brush.lineWidth = 2;
  brush.strokeStyle = palette.ink;
  brush.strokeRect(x * side - 1, y * side - 1, side + 1, side + 1);
}

/** Draws a state's sign within a square. */
export function sign(
  brush: CanvasRenderingContext2D,
  mark: Mark,
  x: number,
  y: number,
  side: number,
  ink: string,
): void {
  const [near, far, middle] = [side * 0.28, side * 0.72, side / 2];
  brush.save();
  brush.translate(x, y);
  brush.strokeStyle = ink;
  brush.fillStyle = ink;
  brush.globalAlpha = 0.75;
  brush.lineWidth = Math.max(1, side / 12);
  brush.beginPath();
  switch (mark) {
    case "none":
      break;
    case "dot":
      brush.arc(middle, middle, Math.max(1, side / 8), 0, Math.PI * 2);
      brush.fill();
      break;
    case "ring":
      brush.arc(middle, middle, side / 4, 0, Math.PI * 2);
      break;
    case "cross":
      brush.moveTo(near, near);
      brush.lineTo(far, far);
      brush.moveTo(far, near);
      brush.lineTo(near, far);
      break;
    case "slash":
      brush.moveTo(near, far);
      brush.lineTo(far, near);
      break;
    case "dash":
      brush.moveTo(near, middle);
      brush.lineTo(far, middle);
      break;
    case "dots":
      for (const [left, top] of [
        [near, near],
        [far, far],
      ] as const) {
        brush.moveTo(left, top);
        brush.arc(left, top, Math.max(0.7, side / 14), 0, Math.PI * 2);
      }
      brush.fill();
      break;
  }
  brush.stroke();
  brush.restore();
}
