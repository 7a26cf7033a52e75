// By whose leave a project is scanned, and whether that holds now. The rule is that of `Authorisation` in
// crates/netscan-model/src/scope.rs.
import type { Schemas } from "@/api/client";
import type { Tone } from "@/lib/tone";

export interface Leave {
  says: string;
  tone: Tone;
  /** Nothing can be scanned now. */
  isShut: boolean;
}

/** Whether the authorisation of a scope holds at `now`; nothing when it has none. */
export function leaveOf(scope: Schemas["Scope"], now: number): Leave | undefined {
  const by = scope.authorisation;
  if (!by) return undefined;
  if (by.valid_from && now < Date.parse(by.valid_from))
    return { says: "Not allowed yet", tone: "slow", isShut: true };
  if (by.valid_until && now >= Date.parse(by.valid_until))
    return { says: "No longer allowed", tone: "bad", isShut: true };
  return { says: `Allowed by ${by.authorised_by}`, tone: "good", isShut: false };
}

/** What the rules of a scope come to, in a few words. */
export function rulesInWords({ rules }: Schemas["Scope"]): string {
  const allowed = rules.filter(({ effect }) => effect === "allow");
  const denied = rules.filter(({ effect }) => effect === "deny").length;
  const only = allowed.slice(0, 2).map(({ subject }) => subject);
  const more = allowed.length - only.length;
  const what =
    only.length === 0 ? "Everything" : `Only ${only.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return denied === 0 ? what : `${what}, but ${denied} denied`;
}
