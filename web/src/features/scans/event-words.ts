// Stored events in words. A piece is a text, or something that has a page.
import { scanStates } from "@/api/words";
import { counted } from "@/lib/numbers";
import type { Tone } from "@/lib/tone";
import type { StoredEvent } from "./queries";

export type Piece = string | { batch: string } | { address: string };

export interface Said {
  pieces: Piece[];
  tone: Tone;
}

type Rest = Record<string, unknown>;

const text = (rest: Rest, name: string) => (typeof rest[name] === "string" ? rest[name] : "");
const count = (rest: Rest, name: string) => (typeof rest[name] === "number" ? rest[name] : 0);
const list = (rest: Rest, name: string) => (Array.isArray(rest[name]) ? rest[name].map(String) : []);
const because = (rest: Rest) => (text(rest, "reason") ? `: ${text(rest, "reason")}` : "");
const batch = (rest: Rest): Piece => ({ batch: text(rest, "batch_id") });

function stateName(state: string): string {
  return state in scanStates ? scanStates[state as keyof typeof scanStates].name.toLowerCase() : state;
}

const wishes: Record<string, string> = {
  run: "Going on was asked for",
  pause: "A pause was asked for",
  stop: "A stop was asked for",
};

const tones: Record<string, Tone> = {
  succeeded: "good",
  completed: "good",
  failed: "bad",
  partial: "slow",
  cancelled: "ended",
  running: "busy",
  up: "good",
};

/** What happened; nothing for events that only move the bars. */
export function said(event: StoredEvent): Said | undefined {
  const rest: Rest = event;
  const plain = (pieces: Piece[], tone: Tone = "idle"): Said => ({ pieces, tone });
  switch (event.event) {
    case "progress":
      return undefined;
    case "status":
      return plain(
        [`The scan is ${stateName(text(rest, "status"))}${because(rest)}`],
        tones[text(rest, "status")],
      );
    case "desired":
      return plain([wishes[text(rest, "desired")] ?? `Wanted: ${text(rest, "desired")}`]);
    case "scan_complete":
      return plain([`The scan has ended: ${stateName(text(rest, "status"))}`], tones[text(rest, "status")]);
    case "batch_start":
      return plain(
        [batch(rest), ` starts, attempt ${count(rest, "attempt")}: ${shortened(list(rest, "targets"))}`],
        "busy",
      );
    case "batch_complete": {
      const summary = (rest.summary ?? {}) as Rest;
      const found = `${count(summary, "hosts_up")} up, ${counted(count(summary, "open_ports"), "open port")}`;
      const state = text(rest, "status");
      return plain([batch(rest), ` ${state}: ${found}${because(rest)}`], tones[state]);
    }
    case "batch_retry":
      return plain([batch(rest), ` is tried again${because(rest)}`], "slow");
    case "batch_split":
      return plain(
        [batch(rest), ` was cut into batches ${shortened(list(rest, "parts"))}${because(rest)}`],
        "slow",
      );
    case "batch_cancel":
      return plain([`${counted(count(rest, "batches"), "batch", "batches")} cancelled`], "ended");
    case "host": {
      const open = counted(count(rest, "open_ports"), "open port");
      const late = rest.timed_out === true ? ", and took too long" : "";
      return plain(
        [{ address: text(rest, "address") }, ` is ${text(rest, "status")}, ${open}${late}`],
        rest.timed_out === true ? "slow" : tones[text(rest, "status")],
      );
    }
    case "limits":
      return plain([`The limits were changed: ${plainly(rest)}`]);
    case "security": {
      const withheld = text(rest, "address") || shortened(list(rest, "withheld"));
      return plain([`Withheld for safety: ${withheld} in `, batch(rest), because(rest)], "bad");
    }
    default:
      return plain([`${event.event} ${plainly(rest)}`]);
  }
}

function shortened(all: string[]): string {
  return all.length > 6 ? `${all.slice(0, 6).join(", ")} and ${all.length - 6} more` : all.join(", ");
}

/** The rest of an event as it is. */
function plainly(rest: Rest): string {
  return Object.entries(rest)
    .filter(([name, value]) => !["event", "seq", "ts", "scan_id"].includes(name) && value !== null)
    .map(
      ([name, value]) =>
        `${name.replaceAll("_", " ")} ${typeof value === "object" ? JSON.stringify(value) : value}`,
    )
    .join(", ");
}

/** The words alone, as one searches through them. */
export function wordsOf({ pieces }: Said, batchName: (id: string) => string): string {
  return pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      return "batch" in piece ? batchName(piece.batch) : piece.address;
    })
    .join("");
}
