// What the API's words are called on pages, and what they look like.
import type { Tone } from "@/lib/tone";
import type { Schemas } from "./client";

interface Word {
  name: string;
  tone: Tone;
}

export const scanStates: Record<Schemas["ScanState"], Word> = {
  created: { name: "Created", tone: "idle" },
  queued: { name: "Queued", tone: "idle" },
  running: { name: "Running", tone: "busy" },
  paused: { name: "Paused", tone: "slow" },
  completed: { name: "Completed", tone: "good" },
  partial: { name: "Partial", tone: "slow" },
  failed: { name: "Failed", tone: "bad" },
  cancelled: { name: "Cancelled", tone: "ended" },
};

export const batchStates: Record<Schemas["BatchState"], Word> = {
  waiting: { name: "Waiting", tone: "idle" },
  leased: { name: "Running", tone: "busy" },
  succeeded: { name: "Succeeded", tone: "good" },
  failed: { name: "Failed", tone: "bad" },
  cancelled: { name: "Cancelled", tone: "ended" },
  superseded: { name: "Split", tone: "idle" },
};

export const outcomes: Record<Schemas["AttemptOutcome"], Word> = {
  running: { name: "Running", tone: "busy" },
  succeeded: { name: "Succeeded", tone: "good" },
  timed_out: { name: "Timed out", tone: "slow" },
  killed: { name: "Killed", tone: "ended" },
  crashed: { name: "Crashed", tone: "bad" },
  hung: { name: "Hung", tone: "slow" },
  truncated: { name: "Truncated", tone: "bad" },
  lost: { name: "Lost", tone: "bad" },
  refused: { name: "Refused", tone: "bad" },
};

/** What became of addresses, in the order in which pictures show them. */
export const coverageStates: Record<Schemas["CoverageState"], Word & { means: string; colour: string }> = {
  up: { name: "Up", tone: "good", means: "answered", colour: "--color-fill-up" },
  down: { name: "Down", tone: "idle", means: "did not answer", colour: "--color-fill-down" },
  pending: { name: "Pending", tone: "idle", means: "not scanned yet", colour: "--color-fill-pending" },
  timed_out: {
    name: "Timed out",
    tone: "slow",
    means: "took too long and was given up",
    colour: "--color-fill-timed_out",
  },
  failed: {
    name: "Failed",
    tone: "bad",
    means: "could not be scanned after all attempts",
    colour: "--color-fill-failed",
  },
  cancelled: {
    name: "Cancelled",
    tone: "ended",
    means: "was stopped before its turn",
    colour: "--color-fill-cancelled",
  },
  excluded: { name: "Excluded", tone: "idle", means: "left out on request", colour: "--color-fill-excluded" },
  out_of_scope: {
    name: "Out of scope",
    tone: "idle",
    means: "the project may not touch it",
    colour: "--color-fill-out_of_scope",
  },
  unresolved: {
    name: "Unresolved",
    tone: "bad",
    means: "a name without an address",
    colour: "--color-fill-unresolved",
  },
};

export const portStates: Record<Schemas["PortState"], Word> = {
  open: { name: "open", tone: "good" },
  "open|filtered": { name: "open|filtered", tone: "slow" },
  filtered: { name: "filtered", tone: "slow" },
  closed: { name: "closed", tone: "idle" },
  unfiltered: { name: "unfiltered", tone: "idle" },
  "closed|filtered": { name: "closed|filtered", tone: "idle" },
  unknown: { name: "unknown", tone: "idle" },
};

export const changes: Record<Schemas["Change"], Word> = {
  opened: { name: "Opened", tone: "bad" },
  closed: { name: "Closed", tone: "good" },
  changed: { name: "Changed", tone: "slow" },
  new: { name: "New", tone: "busy" },
  gone: { name: "Gone", tone: "ended" },
  not_scanned: { name: "Not scanned", tone: "idle" },
  suspect: { name: "Left out", tone: "idle" },
};

export const priorities: Record<Schemas["Priority"], Word> = {
  high: { name: "High", tone: "slow" },
  medium: { name: "Medium", tone: "idle" },
  low: { name: "Low", tone: "idle" },
};
