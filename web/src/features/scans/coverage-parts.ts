// What became of addresses, as parts of a picture and as states that are gaps.
import type { Schemas } from "@/api/client";
import { coverageStates } from "@/api/words";
import type { Part } from "@/ui/chart";
import type { CoverageState } from "./queries";

export const allStates = Object.keys(coverageStates) as CoverageState[];

/** Everything but what was looked at to the end. */
export const gapStates: CoverageState[] = allStates.filter((state) => state !== "up" && state !== "down");

/** What a later scan could still look at: neither left out nor forbidden. */
export const restStates: CoverageState[] = gapStates.filter(
  (state) => state !== "excluded" && state !== "out_of_scope",
);

export function partsOf(coverage: Schemas["Coverage"]): Part[] {
  return allStates.map((state) => ({
    name: coverageStates[state].name,
    value: coverage[state],
    colour: coverageStates[state].colour,
  }));
}
