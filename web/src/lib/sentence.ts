// What went wrong, in one sentence for people.

export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
