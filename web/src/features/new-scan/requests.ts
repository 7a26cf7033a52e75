// What the server is asked for: one scan, or two when some targets are starred.
import type { Schemas } from "@/api/client";
import { usualProject } from "@/api/projects";
import { type Draft, limitNames } from "./draft";
import { entriesOf, isOfAddresses } from "./entries";

type CreateScan = Schemas["CreateScan"];

export interface Part {
  /** What part of the work it is, when there are two. */
  of: "all" | "starred" | "rest";
  body: CreateScan;
}

const nothing: CreateScan = {
  configuration: null,
  description: null,
  excludes: [],
  modules: [],
  name: null,
  notes: null,
  options: null,
  ports: null,
  priority: null,
  profile: null,
  project: null,
  project_id: null,
  start: false,
  target: null,
  targets: [],
  template: null,
  top_ports: null,
  udp: false,
};

/** The targets that can be starred: each that was written, or each of the inventory. */
export function starrable(draft: Draft, inventory: Schemas["TargetBody"][] | undefined): string[] {
  if (draft.source === "written") return entriesOf(draft.text).targets;
  if (draft.source === "inventory")
    return (inventory ?? []).filter(({ kind }) => kind !== "exclude").map(({ target }) => target);
  return [];
}

/** Those of them that are starred, by hand or by their tags. */
export function starred(draft: Draft, inventory: Schemas["TargetBody"][] | undefined): string[] {
  const byHand = new Set(draft.stars);
  const byTag = new Set(
    (inventory ?? [])
      .filter(({ tags }) => tags.some((tag) => draft.starTags.includes(tag)))
      .map(({ target }) => target),
  );
  return starrable(draft, inventory).filter((target) => byHand.has(target) || byTag.has(target));
}

/** The scans that a draft describes, without `start`. */
export function partsOf(draft: Draft, inventory: Schemas["TargetBody"][] | undefined): Part[] {
  const whole = bodyOf(draft);
  const urgent = starred(draft, inventory);
  const isUrgent = new Set(urgent);
  const others = starrable(draft, inventory).filter((target) => !isUrgent.has(target));
  if (urgent.length === 0) return [{ of: "all", body: whole }];
  if (others.length === 0) return [{ of: "all", body: { ...whole, priority: "high" } }];
  const excludes = [...new Set([...whole.excludes, ...excludesOf(draft, inventory)])];
  const named = (part: string) => `${draft.name || "Scan"} (${part})`;
  return [
    {
      of: "starred",
      body: { ...whole, name: named("starred"), priority: "high", targets: urgent, excludes },
    },
    {
      of: "rest",
      body: {
        ...whole,
        name: named("rest"),
        targets: others,
        // What is starred is scanned by the other scan already. Names are looked up there.
        excludes: [...excludes, ...urgent.filter(isOfAddresses)],
      },
    },
  ];
}

function excludesOf(draft: Draft, inventory: Schemas["TargetBody"][] | undefined): string[] {
  if (draft.source === "written") return entriesOf(draft.text).excludes;
  return (inventory ?? [])
    .filter(({ kind }) => kind === "exclude")
    .map(({ target }) => target.replace(/^!/, ""));
}

function bodyOf(draft: Draft): CreateScan {
  const { targets, excludes } = entriesOf(draft.text);
  const left = entriesOf(draft.excludes);
  return {
    ...nothing,
    project: draft.project || null,
    ...(draft.source === "search" && { target: { type: "SEARCH" as const, value: draft.query.trim() } }),
    ...(draft.source === "written" && { targets: [...targets, ...excludes.map((one) => `!${one}`)] }),
    excludes: [...left.targets, ...left.excludes],
    ...optionsOf(draft),
    priority: draft.priority || null,
    configuration: configurationOf(draft),
    name: draft.name.trim() || null,
    notes: draft.notes.trim() || null,
  };
}

/** What decides on nmap's options alone, so that they can be looked at while they are written. */
export function optionsOf(draft: Draft): Partial<CreateScan> {
  if (draft.template)
    return { template: { id: draft.template, version: null, parameters: draft.parameters } };
  const others = Object.entries(draft.modules);
  // Whoever names modules names all of them. A profile is done in two passes, and one of them finds the ports.
  const isAlone = draft.how === "options" || "masscan" in draft.modules;
  const passes = isAlone ? ["nmap"] : ["discover", "nmap"];
  const named = [...passes.map((id) => [id, {}] as const), ...others];
  const modules = named.map(([id, config]) => ({ id, enabled: true, config }));
  const withNmap = others.length > 0 ? modules : [];
  if (draft.how === "options") return { options: draft.options.trim(), modules: withNmap };
  return {
    profile: draft.profile,
    ports: draft.ports.trim() || null,
    top_ports: numberOf(draft.topPorts),
    udp: draft.udp,
    modules: withNmap,
  };
}

export function configurationOf(draft: Draft): Schemas["ScanConfiguration"] {
  const written = limitNames.map((name) => [name, draft.limits[name]?.trim()] as const);
  const said = written.flatMap(([name, text]) => (text ? [[name, spanOrNumber(text)] as const] : []));
  return {
    attempts: null,
    batch_size: null,
    batch_timeout: null,
    chunk_size: null,
    concurrency: null,
    host_timeout: null,
    max_duration: null,
    max_rate: null,
    max_results: null,
    priority: null,
    recursion_depth: null,
    ...Object.fromEntries(said),
  };
}

/** A number as one. Anything else is sent as it is: the server says what is wrong with it. */
function spanOrNumber(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function numberOf(text: string): number | null {
  const trimmed = text.trim();
  if (!trimmed) return null;
  // What is no number is sent as it is, and refused with a sentence.
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : (trimmed as unknown as number);
}

/** A key under which a request is carried out once, however often it is sent. */
export function freshKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** A request over one address, to find out whether options and limits can be read. */
export function checkOf(draft: Draft, address: string, what: "options" | "limits"): CreateScan {
  return {
    ...nothing,
    project: draft.project === usualProject ? null : draft.project,
    targets: [address],
    ...(what === "options" ? optionsOf(draft) : { profile: "quick", configuration: configurationOf(draft) }),
  };
}
