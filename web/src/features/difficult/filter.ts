// Which of the difficult targets are shown, and what can be asked for.
import { onOneLine } from "@/lib/foreign";
import type { Difficult } from "./queries";

export interface Filter {
  state?: string | undefined;
  reason?: string | undefined;
}

/** One entry, by what makes it another than the others. */
export function keyOf({ scan_id, addresses, state }: Difficult): string {
  return `${scan_id} ${addresses} ${state}`;
}

export function fitting(all: Difficult[], { state, reason }: Filter): Difficult[] {
  return all.filter((one) => (!state || one.state === state) && (!reason || one.reason === reason));
}

/** The reasons that there are with how many addresses have each, most first. */
export function reasonsOf(all: Difficult[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { reason, count } of all) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
}

export function addressCount(all: Difficult[]): number {
  return all.reduce((sum, { count }) => sum + count, 0);
}

/** Each range once, in the order in which they are listed. */
export function rangesOf(all: Difficult[]): string[] {
  return [...new Set(all.map(({ addresses }) => addresses))];
}

/** A list that nmap and new scans read: a range on a line, and why behind it. */
export function textOf(all: Difficult[]): string {
  return all
    .map(
      ({ addresses, state, scan_number, reason }) =>
        `${addresses} # ${state} in scan ${scan_number}: ${onOneLine(reason)}\n`,
    )
    .join("");
}
