// What targets amount to: a picture, the first addresses, names, and what cannot be read.
import type { Schemas } from "@/api/client";
import { counted, number } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { PartsBar } from "@/ui/chart";
import { Foreign } from "@/ui/foreign";
import { Figure } from "@/ui/page";

type Rejected = Schemas["RejectedTarget"];

export function Expansion({
  expanded,
  onMore,
  onPick,
  onLeaveOut,
}: {
  expanded: Schemas["ExpandedTargets"];
  /** Shows more of the addresses. */
  onMore?: (() => void) | undefined;
  /** Goes to where a text that cannot be read stands. */
  onPick?: (rejected: Rejected) => void;
  onLeaveOut?: () => void;
}) {
  const { count, count_text, names, rejected, excluded, out_of_scope, targets, truncated } = expanded;
  const rejectedCount = expanded.rejected_count ?? rejected.length;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-x-8 gap-y-3">
        <Figure name="Addresses to scan">{grouped(count_text)}</Figure>
        {names.length > 0 && (
          <Figure name="Names" note="looked up when the scan is made">
            {number(names.length)}
          </Figure>
        )}
        {rejectedCount > 0 && <Figure name="Cannot be read">{number(rejectedCount)}</Figure>}
      </div>
      {(count > 0 || excluded > 0 || out_of_scope > 0) && (
        <PartsBar
          label="What becomes of the addresses"
          parts={[
            { name: "To scan", value: count, colour: "--color-fill-up" },
            { name: "Left out", value: excluded, colour: "--color-fill-excluded" },
            { name: "Out of scope", value: out_of_scope, colour: "--color-fill-out_of_scope" },
          ]}
        />
      )}
      {rejectedCount > 0 && (
        <section aria-label="What cannot be read" className="rounded-md border border-danger p-3">
          <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
            <h3 className="font-medium text-danger">
              {counted(rejectedCount, "entry", "entries")} cannot be read
            </h3>
            {onLeaveOut && (
              <Button small onClick={onLeaveOut}>
                Take {rejected.length === 1 ? "it" : "them"} out
              </Button>
            )}
          </div>
          <ul className="flex max-h-56 flex-col gap-1 overflow-y-auto text-xs">
            {rejected.map((one) => (
              <li key={`${one.line}:${one.column}`}>
                <RejectedLine rejected={one} {...(onPick && { onPick })} />
              </li>
            ))}
          </ul>
          {rejectedCount > rejected.length && (
            <p className="mt-2 text-xs text-muted">The first {number(rejected.length)} are shown.</p>
          )}
        </section>
      )}
      {names.length > 0 && <Sample title="Names" items={names} />}
      {targets.length > 0 && (
        <Sample
          title={truncated ? `The first ${number(targets.length)} addresses` : "Addresses"}
          items={targets}
          {...(truncated && onMore && { onMore })}
        />
      )}
    </div>
  );
}

/** A count of any length, in groups of three. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

export function RejectedLine({
  rejected,
  onPick,
}: {
  rejected: Rejected;
  onPick?: (rejected: Rejected) => void;
}) {
  const where = `Line ${rejected.line}, column ${rejected.column}: `;
  const said = (
    <>
      {where}
      <code className="font-mono font-medium">
        <Foreign text={rejected.text} most={60} />
      </code>{" "}
      {rejected.reason}
    </>
  );
  if (!onPick) return <span>{said}</span>;
  return (
    <button
      type="button"
      onClick={() => onPick(rejected)}
      className="min-h-6 w-full rounded px-1 text-left hover:bg-raised"
    >
      {said}
    </button>
  );
}

function Sample({ title, items, onMore }: { title: string; items: string[]; onMore?: () => void }) {
  const most = 1_000;
  return (
    <section aria-label={title}>
      <div className="mb-1 flex items-center justify-between gap-2">
        <h3 className="text-xs font-medium text-muted">{title}</h3>
        {onMore && (
          <Button small look="quiet" onClick={onMore}>
            Show more
          </Button>
        )}
      </div>
      <ul
        // What scrolls must be reachable (WCAG 2.1.1).
        tabIndex={0}
        className="num grid max-h-48 grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-x-3 gap-y-0.5 overflow-y-auto rounded-md bg-raised p-2 font-mono text-xs"
      >
        {items.slice(0, most).map((item) => (
          <li key={item} className="foreign">
            {item}
          </li>
        ))}
      </ul>
    </section>
  );
}
