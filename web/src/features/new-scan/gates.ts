// Why one cannot go on from a step, if one cannot.
import { counted } from "@/lib/numbers";
import type { Around } from "./around";
import type { Draft } from "./draft";
import type { Preview } from "./preview";
import type { Step } from "./steps";

/** Why one cannot go on from a step, if one cannot. */
export function gates(
  draft: Draft,
  preview: Preview,
  wrongOptions: Error | null,
  around: Around,
): Record<Step, string | undefined> {
  return {
    targets: targetsGate(draft, preview, around),
    priority: preview.excludesError ? "mend what is to be left out" : undefined,
    options:
      draft.how === "options" && !draft.template && !draft.options.trim()
        ? "write nmap's options"
        : wrongOptions
          ? "mend what is marked"
          : undefined,
    start: undefined,
  };
}

function targetsGate(draft: Draft, preview: Preview, around: Around): string | undefined {
  if (draft.source === "search")
    return draft.query.trim() ? undefined : "write a query or pick a saved search";
  if (draft.source === "template") return undefined;
  if (draft.source === "inventory" && around.inventory.length === 0) return "the project has no targets";
  if (preview.isEmpty) return "name at least one target";
  const { expanded } = preview;
  if (!expanded) return preview.error && !preview.excludesError ? "the targets cannot be read" : undefined;
  const rejected = expanded.rejected_count ?? expanded.rejected.length;
  if (rejected > 0) return `${counted(rejected, "entry", "entries")} cannot be read`;
  if (expanded.count === 0 && expanded.names.length === 0)
    return expanded.out_of_scope > 0
      ? "the project's scope allows none of these addresses"
      : "nothing is left to scan";
  return undefined;
}

/** A step can be gone to when all steps before it are done. */
export function reasonsOf(closed: Record<Step, string | undefined>): Record<Step, string | undefined> {
  return {
    targets: undefined,
    priority: closed.targets,
    options: closed.targets ?? closed.priority,
    start: closed.targets ?? closed.priority ?? closed.options,
  };
}
