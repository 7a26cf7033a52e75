// Pictures of numbers: a line over time, bars, a bar of parts.

import type { ReactNode } from "react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { resolvedColour, themeTurns, watchTheme } from "@/lib/colour";
import { number } from "@/lib/numbers";

export interface Series {
  name: string;
  /** A colour of style.css, such as `--color-fill-up`. */
  colour: string;
  values: (number | null)[];
}

/** Lines over time. `times` are seconds since 1970. What it shows must be said in words beside it too. */
export function TimeChart({
  label,
  times,
  series,
  height = 180,
}: {
  label: string;
  times: number[];
  series: Series[];
  height?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const turns = useSyncExternalStore(watchTheme, themeTurns);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are others when the theme was turned.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => resolvedColour(element, name) || style.color;
    const axis = {
      stroke: colour("--color-muted"),
      grid: { stroke: colour("--color-line"), width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        cursor: { y: false },
        legend: { live: true },
        axes: [axis, { ...axis, size: 56 }],
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        series: [
          {},
          ...series.map(({ name, colour: own }) => ({
            label: name,
            stroke: colour(own),
            width: 2,
            spanGaps: false,
            points: { show: false },
          })),
        ],
      },
      [times, ...series.map(({ values }) => values)],
      element,
    );
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(200, element.clientWidth), height }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [times, series, height, turns]);
  return <div ref={place} role="img" aria-label={label} className="min-w-0" />;
}

export interface Bar {
  name: string;
  value: number;
  /** What the name looks like, if not as it is. */
  shown?: ReactNode;
  onPick?: () => void;
}

/** Bars from the left, each with its number. */
export function Bars({ label, bars }: { label: string; bars: Bar[] }) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  // Each bar is a grid of its own; numbers of one width let all of them begin at one line.
  const digits = { minWidth: `${number(most).length}ch` };
  return (
    <ul aria-label={label} className="flex flex-col gap-1">
      {bars.map((bar) => {
        const inside = (
          <>
            <span className="truncate text-left">{bar.shown ?? bar.name}</span>
            <span
              aria-hidden
              className="h-2.5 self-center rounded-sm bg-accent/80"
              style={{ width: `${Math.max(1, (bar.value / most) * 100)}%` }}
            />
            <span className="num text-right" style={digits}>
              {number(bar.value)}
            </span>
          </>
        );
        const shape = "grid w-full grid-cols-[minmax(5rem,2fr)_3fr_auto] gap-2 rounded px-1 py-0.5";
        return (
          <li key={bar.name}>
            {bar.onPick ? (
              <button type="button" onClick={bar.onPick} className={`${shape} hover:bg-raised`}>
                {inside}
              </button>
            ) : (
              <span className={shape}>{inside}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

export interface Part {
  name: string;
  value: number;
  colour: string;
}

/** One bar of parts with a legend that says each in numbers. */
export function PartsBar({
  label,
  parts,
  legend = true,
}: {
  label: string;
  parts: Part[];
  legend?: boolean;
}) {
  const there = parts.filter(({ value }) => value > 0);
  const whole = there.reduce((sum, { value }) => sum + value, 0);
  const said = there.map(({ name, value }) => `${name} ${number(value)}`).join(", ");
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div
        role="img"
        aria-label={`${label}: ${said || "nothing yet"}`}
        className="flex h-3 overflow-hidden rounded-full bg-raised"
      >
        {there.map(({ name, value, colour }) => (
          <span
            key={name}
            style={{ flexGrow: value / whole, background: `var(${colour})` }}
            className="min-w-0.5"
            title={`${name}: ${number(value)}`}
          />
        ))}
      </div>
      {legend && (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
          {there.map(({ name, value, colour }) => (
            <li key={name} className="flex items-center gap-1.5">
              <span aria-hidden className="size-2.5 rounded-sm" style={{ background: `var(${colour})` }} />
              {name} <span className="num font-medium">{number(value)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
