// The targets in a text, piece by piece, as the server reads them: blanks and commas part them, `#` at the
// beginning of a word begins a comment, `!` excludes.
//
// The server reads them again and has the last word. Here they are only told apart, so that each can be
// starred (crates/netscan-model/src/target/list.rs has the rules).

export interface Entries {
  targets: string[];
  /** Without their `!`. */
  excludes: string[];
}

/** What a piece of an octet pattern consists of. */
const numeric = /^[\d.*-]+$/;

function dots(text: string): number {
  return text.split(".").length - 1;
}

/** A comma is part of `10.0.0-3.1,5`, and stands between `10.0.0.1,10.0.0.5`. */
function pieces(word: string): string[] {
  const all: string[] = [];
  for (const piece of word.split(",")) {
    const last = all.at(-1)?.replace(/^!/, "");
    const belongs = last && numeric.test(last) && numeric.test(piece) && dots(last) + dots(piece) <= 3;
    if (belongs) all[all.length - 1] += `,${piece}`;
    else if (piece) all.push(piece);
  }
  return all;
}

/** Every step asks for the same few texts, which may be long. */
const known = new Map<string, Entries>();
const mostKnown = 3;

/** Each target and exclude once, in the order in which they were written. */
export function entriesOf(text: string): Entries {
  const before = known.get(text);
  if (before) return before;
  const entries = read(text);
  known.set(text, entries);
  for (const oldest of known.keys()) if (known.size > mostKnown) known.delete(oldest);
  return entries;
}

function read(text: string): Entries {
  const targets = new Set<string>();
  const excludes = new Set<string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    for (const word of line.split(/[ \t]+/)) {
      if (word.startsWith("#")) break;
      for (const piece of pieces(word)) {
        if (piece.startsWith("!")) excludes.add(piece.slice(1));
        else targets.add(piece);
      }
    }
  }
  return { targets: [...targets], excludes: [...excludes] };
}

/** Whether a target is written as addresses; all others have names that are looked up. */
export function isOfAddresses(target: string): boolean {
  return (
    numeric.test(target.replace(/[/,]/g, "")) || /^[\da-f:]*:[\da-f:.]*(%[^/]+)?([/-].*)?$/i.test(target)
  );
}

/** Where a line and column, both from 1 and in whole characters, stand in a text. */
export function placeOf(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const start = [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  return before + start;
}

/** The text without the pieces that stand at these places; lines that are empty then go too. */
export function without(text: string, rejected: { line: number; column: number; text: string }[]): string {
  const kept = text.split("\n").flatMap((line, index) => {
    const here = rejected.filter((one) => one.line === index + 1).sort((a, b) => b.column - a.column);
    if (here.length === 0) return [line];
    const left = here.reduce((rest, one) => {
      const at = placeOf(line, 1, one.column);
      return rest.slice(0, at) + rest.slice(at + one.text.length).replace(/^,/, "");
    }, line);
    return left.trim() === "" ? [] : [left.replace(/[ \t,]+$/, "")];
  });
  return kept.join("\n");
}
