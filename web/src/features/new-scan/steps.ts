// The steps of a new scan, and which of them has which field.

export const steps = ["targets", "priority", "options", "start"] as const;
export type Step = (typeof steps)[number];

export const stepNames: Record<Step, string> = {
  targets: "Targets",
  priority: "Scope and priority",
  options: "Options and limits",
  start: "Plan and start",
};

const owners: [RegExp, Step][] = [
  [/^\/(targets|target|project|project_id)(\/|$)/, "targets"],
  [/^\/(excludes|priority|configuration\/priority)(\/|$)/, "priority"],
  [/^\/(options|profile|ports|top_ports|udp|modules|template|configuration)(\/|$)/, "options"],
];

/** The step on which a field of the request, given as a JSON pointer, can be mended. */
export function stepOf(field: string): Step {
  return owners.find(([pattern]) => pattern.test(field))?.[1] ?? "start";
}
