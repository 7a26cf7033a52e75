// Two texts as one: what went is marked with a minus, what came with a plus.
import { classes } from "@/lib/classes";
import { counted } from "@/lib/numbers";
import { differences, type Line } from "./differences";

/** Lines around a change that stay; the others are folded. */
const around = 3;

const looks = {
  same: { sign: " ", name: "", look: "" },
  removed: { sign: "−", name: "removed: ", look: "bg-bad-soft text-bad" },
  added: { sign: "+", name: "added: ", look: "bg-good-soft text-good" },
} as const;

export function DifferenceText({ before, after }: { before: string; after: string }) {
  const lines = differences(before, after);
  const count = (kind: Line["kind"]) => lines.filter((line) => line.kind === kind).length;
  if (count("same") === lines.length) return <p className="text-muted">Their texts are the same.</p>;
  return (
    <>
      <p className="mb-3">
        {counted(count("added"), "line")} added, {counted(count("removed"), "line")} removed
      </p>
      <section
        aria-label="Text with its changes"
        tabIndex={0}
        className="max-h-[65dvh] overflow-auto rounded-md border border-line font-mono text-xs"
      >
        <ol className="w-max min-w-full">{folded(lines).map(drawn)}</ol>
      </section>
    </>
  );
}

/** So many lines that are the same, in place of them. */
interface Fold {
  kind: "fold";
  count: number;
}

function folded(lines: Line[]): (Line | Fold)[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== "same"),
  );
  const shown: (Line | Fold)[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isNear[at]) shown.push(line);
    else if (last?.kind === "fold") last.count++;
    else shown.push({ kind: "fold", count: 1 });
  }
  return shown;
}

function drawn(line: Line | Fold, at: number) {
  if (line.kind === "fold")
    return (
      <li key={at} className="bg-raised px-3 py-1 text-muted">
        {counted(line.count, "line")} that {line.count === 1 ? "is" : "are"} the same
      </li>
    );
  const { sign, name, look } = looks[line.kind];
  return (
    <li key={at} className={classes("flex whitespace-pre", look)}>
      <span aria-hidden className="w-10 pr-2 text-right text-muted select-none">
        {line.before}
      </span>
      <span aria-hidden className="w-10 pr-2 text-right text-muted select-none">
        {line.after}
      </span>
      <span aria-hidden className="w-4 select-none">
        {sign}
      </span>
      {name && <span className="sr-only">{name}</span>}
      <span className="pr-4">{line.text || " "}</span>
    </li>
  );
}
