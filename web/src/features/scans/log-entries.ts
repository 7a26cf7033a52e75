// Which entries of the log are shown, and as what.
import type { Tone } from "@/lib/tone";
import { type Piece, said, wordsOf } from "./event-words";
import { type Entry, isStored } from "./live";

export interface LogView {
  /** Together if it is not said. */
  show?: "lines" | "events" | undefined;
  text?: string | undefined;
  batch?: string | undefined;
  /** From the first event on; else the newest. */
  from?: "start" | undefined;
}

export interface Shown {
  key: string;
  ts: string;
  kind: "line" | "gap" | "event";
  batch?: string | undefined;
  pieces: Piece[];
  tone: Tone;
}

/** What is shown of `entries`, in their order. */
export function chosen(entries: readonly Entry[], view: LogView, name: (batch: string) => string): Shown[] {
  const wanted = view.text?.toLowerCase();
  const all: Shown[] = [];
  for (const entry of entries) {
    const shown = shownOf(entry);
    if (!shown) continue;
    if (view.show === "lines" && shown.kind === "event") continue;
    if (view.show === "events" && shown.kind !== "event") continue;
    if (view.batch && shown.batch !== view.batch) continue;
    if (wanted && !textOf(shown, name).toLowerCase().includes(wanted)) continue;
    all.push(shown);
  }
  return all;
}

function textOf({ pieces, tone }: Shown, name: (batch: string) => string): string {
  return wordsOf({ pieces, tone }, name);
}

/** Entries do not change, so that each is put into words once. */
const known = new WeakMap<Entry, Shown | null>();
/** Lines have no number that is theirs for good. */
let lines = 0;

function shownOf(entry: Entry): Shown | null {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const shown = inWords(entry);
  known.set(entry, shown);
  return shown;
}

function inWords(entry: Entry): Shown | null {
  if (isStored(entry)) {
    const told = said(entry);
    if (!told) return null;
    const batch = typeof entry.batch_id === "string" ? entry.batch_id : undefined;
    return { key: `e${entry.seq}`, ts: entry.ts, kind: "event", batch, ...told };
  }
  if (entry.event === "gap") {
    const { from, to, ts } = entry;
    const pieces = [`${to - from + 1} lines were dropped, because they came faster than they could be shown`];
    return { key: `g${from}`, ts, kind: "gap", pieces, tone: "slow" };
  }
  const { ts, batch_id: batch, line } = entry;
  lines += 1;
  return { key: `l${lines}`, ts, kind: "line", batch, pieces: [line], tone: "idle" };
}
