// Puts a term into a query of the search language, and takes it out again.

/** What facets count; the first three ask about a port. */
export const facetFields = ["port", "service", "product", "os", "vendor", "net"] as const;
export type FacetField = (typeof facetFields)[number];

/** Terms with one of these ask about one and the same port when they stand side by side. */
const ofPort = /^-?(port|protocol|state|service|product|version|reason|title)[.:~<>=]/i;
/** So much of a value is asked for; queries have an end. */
const longest = 120;

/** The term that finds hosts with this value of a facet. */
export function termOf(field: FacetField, value: string): string {
  if (field === "port") {
    const [number, protocol] = value.split("/");
    return protocol === "tcp" || !protocol ? `port:${number}` : `(port:${number} protocol:${protocol})`;
  }
  const letters = Array.from(value);
  if (letters.length > longest) return `${field}~${quoted(letters.slice(0, longest).join(""))}`;
  return `${field}:${written(value)}`;
}

/** A value as it is written behind a field: in quotes when the language would read something else. */
export function written(value: string): string {
  return /^[\p{L}\p{N}._/:+-]+$/u.test(value) ? value : quoted(value);
}

function quoted(value: string): string {
  return `"${value.replace(/[\\"*]/g, "\\$&")}"`;
}

/** Whether the query holds the term, not within another one. */
export function hasTerm(query: string, term: string): boolean {
  return pieces(query).some((piece) => isSame(piece, term));
}

/** The query with the term, or without it when it was there. */
export function toggled(query: string, term: string): string {
  const there = pieces(query);
  const rest = there.filter((piece) => !isSame(piece, term));
  if (rest.length < there.length) return rest.join(" ");
  const before = isEither(query) ? [`(${query.trim()})`] : there;
  const isBreath = ofPort.test(term) && before.some((piece) => ofPort.test(piece));
  // Side by side they would have to hold of one port; each facet counts by itself.
  return [...before, isBreath ? `(${term})` : term].join(" ");
}

function isSame(piece: string, term: string): boolean {
  const own = piece.toLowerCase();
  const other = term.toLowerCase();
  return own === other || own === `(${other})`;
}

/** The filters of a scan's hosts as one query: its results take a query alone. */
export function queryOf({
  where,
  open,
  port,
  service,
}: {
  where?: string | undefined;
  open?: boolean | undefined;
  port?: number | undefined;
  service?: string | undefined;
}): string | undefined {
  const others = [open && "ports>0", port && `(port:${port})`, service && `(service:${written(service)})`];
  const terms = others.filter(Boolean);
  if (!where) return terms.join(" ") || undefined;
  return [terms.length > 0 && isEither(where) ? `(${where})` : where, ...terms].join(" ");
}

/** `or` binds looser than a blank, so what it divides is held together before more is added. */
function isEither(query: string): boolean {
  return pieces(query).some((piece) => piece.toLowerCase() === "or");
}

/** The words and groups of a query, as they stand beside each other. */
function pieces(query: string): string[] {
  const found: string[] = [];
  let piece = "";
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < query.length; at++) {
    const character = query.charAt(at);
    if (isQuoted && character === "\\") {
      piece += character + query.charAt(++at);
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    if (!isQuoted && character === "(") depth++;
    if (!isQuoted && character === ")") depth--;
    if (!isQuoted && depth === 0 && /\s/.test(character)) {
      if (piece) found.push(piece);
      piece = "";
    } else {
      piece += character;
    }
  }
  if (piece) found.push(piece);
  return found;
}
