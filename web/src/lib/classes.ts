// Puts class names together.

/** The names that are there, with blanks between. */
export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
