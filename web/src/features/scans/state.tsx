// Where a scan or a batch is, as a badge: what is so, and beside it what was asked for and is not so yet.
import type { Schemas } from "@/api/client";
import { batchStates, outcomes, scanStates } from "@/api/words";
import { percent } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { hasEnded } from "./may";
import type { Scan } from "./queries";

/** What was asked of a scan and has not come about yet. */
export function askedFor({ status, desired }: Pick<Scan, "status" | "desired">): string | undefined {
  if (hasEnded({ status })) return undefined;
  if (desired === "stop") return "Stop asked for";
  if (desired === "pause" && status !== "paused") return "Pause asked for";
  if (desired === "run" && status === "paused") return "Resume asked for";
  return undefined;
}

export function ScanState({
  scan,
}: {
  scan: Pick<Scan, "status" | "desired"> & { reason?: string | null | undefined };
}) {
  const { name, tone } = scanStates[scan.status];
  const asked = askedFor(scan);
  return (
    <span className="inline-flex max-w-full flex-wrap items-center gap-1.5">
      <Badge tone={tone} title={scan.reason ?? undefined}>
        {name}
      </Badge>
      {asked && <Badge tone="slow">{asked}</Badge>}
    </span>
  );
}

export function BatchState({ state }: { state: Schemas["BatchState"] }) {
  const { name, tone } = batchStates[state];
  return <Badge tone={tone}>{name}</Badge>;
}

export function Outcome({ outcome }: { outcome: Schemas["AttemptOutcome"] }) {
  const { name, tone } = outcomes[outcome];
  return <Badge tone={tone}>{name}</Badge>;
}

/** What people call a scan: its name, or else its number. */
export function scanName({ name, number }: Pick<Scan, "name" | "number">): string {
  return name || `Scan ${number}`;
}

/** How far it is, as a bar with its number. */
export function Progress({ part, label }: { part: number; label: string }) {
  return (
    <span className="flex min-w-24 items-center gap-2">
      <span
        role="progressbar"
        aria-label={label}
        aria-valuenow={Math.round(part * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-2 min-w-10 grow overflow-hidden rounded-full bg-raised"
      >
        <span className="block h-full rounded-full bg-accent" style={{ width: `${part * 100}%` }} />
      </span>
      <span className="num w-11 text-right text-xs">{percent(part)}</span>
    </span>
  );
}
