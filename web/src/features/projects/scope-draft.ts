// A scope while it is being changed: texts as they stand in the fields, and what they come to.
import type { Schemas } from "@/api/client";

type Scope = Schemas["Scope"];
type Rule = Schemas["Rule"];

export interface DraftRule {
  /** Tells rules apart while they move. */
  key: number;
  effect: Rule["effect"];
  subject: string;
  note: string;
  /** As a field for date and time has it, in one's own time zone. */
  from: string;
  until: string;
}

export interface DraftLeave {
  authorised_by: string;
  ticket: string;
  valid_from: string;
  valid_until: string;
}

export interface DraftScope {
  rules: DraftRule[];
  /** Nothing when nobody has to allow it. */
  leave: DraftLeave | undefined;
}

let last = 0;

export function newRule(effect: Rule["effect"]): DraftRule {
  return { key: ++last, effect, subject: "", note: "", from: "", until: "" };
}

export const newLeave: DraftLeave = { authorised_by: "", ticket: "", valid_from: "", valid_until: "" };

/** A moment as a field for date and time takes it, to the minute. */
export function toField(moment: string | null | undefined): string {
  if (!moment) return "";
  const at = new Date(moment);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The moment that a field for date and time holds. */
export function fromField(text: string): string | null {
  return text ? new Date(text).toISOString() : null;
}

export function draftOf({ rules, authorisation }: Scope): DraftScope {
  return {
    rules: rules.map(({ effect, subject, note, from, until }) => ({
      ...newRule(effect),
      subject,
      note: note ?? "",
      from: toField(from),
      until: toField(until),
    })),
    leave: authorisation
      ? {
          authorised_by: authorisation.authorised_by,
          ticket: authorisation.ticket ?? "",
          valid_from: toField(authorisation.valid_from),
          valid_until: toField(authorisation.valid_until),
        }
      : undefined,
  };
}

/** The scope that was written; moments that were not touched keep their seconds. */
export function scopeOf(draft: DraftScope, before: Scope): Scope {
  const moments = new Map<string, string>();
  const known = [
    ...before.rules.flatMap(({ from, until }) => [from, until]),
    before.authorisation?.valid_from,
    before.authorisation?.valid_until,
  ];
  for (const moment of known) if (moment) moments.set(toField(moment), moment);
  const moment = (field: string) => moments.get(field) ?? fromField(field);
  return {
    rules: draft.rules.map(({ effect, subject, note, from, until }) => ({
      effect,
      subject: subject.trim(),
      note: note.trim() || null,
      from: moment(from),
      until: moment(until),
    })),
    authorisation: draft.leave
      ? {
          authorised_by: draft.leave.authorised_by.trim(),
          ticket: draft.leave.ticket.trim() || null,
          valid_from: moment(draft.leave.valid_from),
          valid_until: moment(draft.leave.valid_until),
        }
      : null,
  };
}

/** The rules with the one at `index` moved one place up or down. */
export function moved<T>(rules: T[], index: number, by: 1 | -1): T[] {
  const other = index + by;
  const [a, b] = [rules[index], rules[other]];
  if (a === undefined || b === undefined) return rules;
  return rules.with(index, b).with(other, a);
}
