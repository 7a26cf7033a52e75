// What the server says when it refuses (RFC 9457).
import { sentenceOf } from "@/lib/sentence";
import type { components } from "./generated/schema";

export type Problem = components["schemas"]["Problem"];

/** A request that was refused, with the server's own words. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "Refused";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  /** What is wrong with one field of the body, by its JSON pointer such as `/targets/0`. */
  field(pointer: string): string | undefined {
    const own = this.problem.errors?.filter(
      ({ field }) => field === pointer || field.startsWith(`${pointer}/`),
    );
    return own?.length ? own.map(({ message }) => message).join("\n") : undefined;
  }
}

/** The server could not be asked at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The server does not answer. It may be starting anew; this page tries again by itself.", { cause });
    this.name = "Unreachable";
  }
}

/** Whether the session is over, or was never there. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Refused && error.status === 401;
}

/** The refusal, if that is what went wrong. */
export function refusalOf(error: unknown): Refused | undefined {
  return error instanceof Refused ? error : undefined;
}

/** What went wrong, unless every mistake is shown at one of the `fields` of a form. */
export function unplaced(error: unknown, fields: string[]): string | undefined {
  if (!error) return undefined;
  const mistakes = refusalOf(error)?.problem.errors ?? [];
  const isPlaced = ({ field }: { field: string }) =>
    fields.some((one) => field === one || field.startsWith(`${one}/`));
  if (mistakes.length > 0 && mistakes.every(isPlaced)) return undefined;
  return sentenceOf(error);
}
