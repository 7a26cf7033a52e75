// A scan as far as it was thought out. It outlives a reload, and ends with the browser's tab.
import { useSyncExternalStore } from "react";
import type { Schemas } from "@/api/client";
import { usualProject } from "@/api/projects";
import { entriesOf } from "./entries";

/** Where the targets come from. */
export type Source = "written" | "inventory" | "search" | "template";

/** Limits as they were written; empty ones are left to the server, or to the template. */
export const limitNames = [
  "concurrency",
  "batch_size",
  "max_rate",
  "host_timeout",
  "batch_timeout",
  "max_duration",
  "max_results",
  "attempts",
] as const;
export type LimitName = (typeof limitNames)[number];

export interface Draft {
  project: string;
  source: Source;
  text: string;
  /** A query, or `@name` for a saved one. */
  query: string;
  excludes: string;
  template: string;
  parameters: Record<string, unknown>;
  /** Targets that are more urgent than the others. */
  stars: string[];
  /** Targets that carry one of these tags are too. */
  starTags: string[];
  /** Of the whole scan, or of what has no star; empty for the usual one. */
  priority: Schemas["Priority"] | "";
  how: "profile" | "options";
  profile: Schemas["ScanProfile"];
  ports: string;
  topPorts: string;
  udp: boolean;
  options: string;
  /** Modules beside nmap, by id. */
  modules: Record<string, Record<string, unknown>>;
  limits: Partial<Record<LimitName, string>>;
  name: string;
  notes: string;
}

export const blank: Draft = {
  project: "",
  source: "written",
  text: "",
  query: "",
  excludes: "",
  template: "",
  parameters: {},
  stars: [],
  starTags: [],
  priority: "",
  how: "profile",
  profile: "default",
  ports: "",
  topPorts: "",
  udp: false,
  options: "",
  modules: {},
  limits: {},
  name: "",
  notes: "",
};

/** The project by its name, whether a link gave its name or its id; without any, that of the newest scan. */
export function projectOf(
  draft: Draft,
  { projects, newest }: { projects: { id: string; name: string }[]; newest: string | undefined },
): string {
  const { project } = draft;
  if (!project) return newest ?? usualProject;
  return projects.find(({ id }) => id === project)?.name ?? project;
}

const place = "new-scan";
const watchers = new Set<() => void>();
let draft: Draft = read();

function read(): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(place) ?? "{}");
    return typeof kept === "object" && kept !== null ? { ...blank, ...kept } : blank;
  } catch {
    return blank;
  }
}

function put(next: Draft) {
  draft = next;
  try {
    sessionStorage.setItem(place, JSON.stringify(next));
  } catch {
    // A list that is too long to be kept is still there until the page is left.
  }
  for (const tell of watchers) tell();
}

function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

export type Change = (part: Partial<Draft>) => void;

export function useDraft(): [Draft, Change] {
  return [useSyncExternalStore(watch, () => draft), change];
}

function change(part: Partial<Draft>) {
  put({ ...draft, ...part });
}

/** Forgets everything but the project. */
export function startOver() {
  put({ ...blank, project: draft.project });
}

/** Each target on a line of its own. */
function onLines(text: string): string {
  const { targets, excludes } = entriesOf(text);
  return [...targets, ...excludes.map((one) => `!${one}`)].join("\n");
}

/** Takes up what a link to the wizard says. */
export function begin(asked: { project?: string; targets?: string; search?: string; template?: string }) {
  const { project, targets, search, template } = asked;
  const source: Source | undefined = targets
    ? "written"
    : search
      ? "search"
      : template
        ? "template"
        : undefined;
  put({
    ...(source ? { ...blank, source } : draft),
    project: project ?? draft.project,
    ...(targets && { text: onLines(targets) }),
    ...(search && { query: search }),
    ...(template && { template }),
  });
}
