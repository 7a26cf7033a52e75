// What was asked for when a scan was made, and what people noted since.
import { Link } from "@tanstack/react-router";
import { priorities } from "@/api/words";
import { counted, duration, number } from "@/lib/numbers";
import { Copy } from "@/ui/copy";
import { Foreign } from "@/ui/foreign";
import { Card, Fact, Facts } from "@/ui/page";
import { Time } from "@/ui/time";
import type { Scan } from "./queries";

export function About({ scan }: { scan: Scan }) {
  return (
    <Card title="What was asked for">
      <div className="grid gap-x-8 gap-y-1.5 lg:grid-cols-2">
        <Facts>
          <Fact name="Targets">
            <Targets targets={scan.targets} />
          </Fact>
          <Fact name="Options">
            <code className="foreign">{scan.options || "none: it was imported"}</code>
          </Fact>
          <Fact name="Modules">
            {scan.modules
              .filter(({ enabled }) => enabled)
              .map(({ id }) => id)
              .join(", ") || "none"}
          </Fact>
          {scan.template && (
            <Fact name="Template">
              <Link to="/templates/$template" params={{ template: scan.template.id }} className="link">
                Version {scan.template.version}
              </Link>
            </Fact>
          )}
          <Fact name="Made">
            <Time at={scan.created_at} /> by <bdi className="foreign">{scan.owner.replace(/^user:/, "")}</bdi>
          </Fact>
          {scan.notes && (
            <Fact name="Notes">
              <p className="foreign max-w-prose whitespace-pre-line">{scan.notes}</p>
            </Fact>
          )}
        </Facts>
        <Limits scan={scan} />
      </div>
    </Card>
  );
}

function Limits({ scan }: { scan: Scan }) {
  const span = (ms: number | null | undefined) => (ms ? duration(ms) : "no limit");
  return (
    <Facts>
      <Fact name="Batches">
        {counted(scan.batch_size, "address", "addresses")} at most, {number(scan.concurrency)} at a time
      </Fact>
      <Fact name="Packets per second">{scan.max_rate ? `${number(scan.max_rate)} at most` : "no limit"}</Fact>
      <Fact name="Priority">{priorities[scan.priority].name}</Fact>
      <Fact name="Attempts at a batch">{number(scan.attempts)}, then it is halved</Fact>
      <Fact name="Time for a host">{span(scan.host_timeout_ms)}</Fact>
      <Fact name="Time for an attempt">{span(scan.batch_timeout_ms)}</Fact>
      <Fact name="Time for all">{span(scan.max_duration_ms)}</Fact>
      <Fact name="Hosts that are enough">{scan.max_results ? number(scan.max_results) : "all of them"}</Fact>
    </Facts>
  );
}

/** So many targets are shown before one asks for more. */
const few = 12;

function Targets({ targets }: { targets: string[] }) {
  const all = (
    <ul className="flex flex-wrap gap-x-3">
      {targets.slice(few, 1_000).map((target) => (
        <li key={target}>
          <Foreign text={target} />
        </li>
      ))}
      {targets.length > 1_000 && <li>and {number(targets.length - 1_000)} more</li>}
    </ul>
  );
  return (
    <>
      <span className="inline-flex flex-wrap items-center gap-x-3">
        {targets.slice(0, few).map((target) => (
          <Foreign key={target} text={target} />
        ))}
        {targets.length > 0 && <Copy text={targets.join("\n")} what="the targets" />}
      </span>
      {targets.length > few && (
        <details>
          <summary>{number(targets.length - few)} more</summary>
          {all}
        </details>
      )}
    </>
  );
}
