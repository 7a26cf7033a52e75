// The last step: what it will cost, what it is called, and the start. With schedules, when it repeats will
// stand here too, between the name and the buttons.
import type { UseQueryResult } from "@tanstack/react-query";
import type { Schemas } from "@/api/client";
import { refusalOf } from "@/api/problem";
import { priorities } from "@/api/words";
import { counted, duration, number } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { PartsBar } from "@/ui/chart";
import { Complaint } from "@/ui/complaint";
import { Waiting } from "@/ui/empty";
import { TextArea, TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { Card, Fact, Facts, Figure } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import type { Change, Draft } from "./draft";
import type { Part } from "./requests";
import { type Step, stepNames, stepOf } from "./steps";

type Plan = UseQueryResult<Schemas["CostBody"]>;

export function StartStep({
  draft,
  change,
  parts,
  plans,
  error,
  refusal,
  wrong,
  onStep,
}: {
  draft: Draft;
  change: Change;
  parts: Part[];
  plans: Plan[];
  /** Why the scan was not made. */
  error: Error | null;
  /** Why one may not scan, and gets no plan. */
  refusal: string | undefined;
  wrong: (pointer: string) => string | undefined;
  onStep: (step: Step) => void;
}) {
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        {refusal && <Complaint text={`There is no plan: ${refusal}.`} />}
        {error && <Obstacles error={error} onStep={onStep} />}
        {parts.map((part, index) => {
          const plan = plans[index];
          return plan && !refusal && <PlanCard key={part.of} part={part} plan={plan} onStep={onStep} />;
        })}
        {parts.length > 1 && (
          <p className="text-muted">
            Two scans are made: the starred targets in one of high priority, all others in a second one. What
            is starred is left out of the second, so nothing is scanned twice.
          </p>
        )}
      </div>
      <Card title="What it is called">
        <div className="flex flex-col gap-4">
          <TextField
            label="Name"
            hint="Optional; scans of one name are easy to compare"
            maxLength={180}
            error={wrong("/name")}
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
          />
          <TextArea
            label="Notes"
            hint="For whoever reads the results"
            rows={3}
            spellCheck
            maxLength={10_000}
            error={wrong("/notes")}
            value={draft.notes}
            onChange={(event) => change({ notes: event.target.value })}
          />
        </div>
      </Card>
    </div>
  );
}

const partNames: Record<Part["of"], string> = {
  all: "The plan",
  starred: "First: what is starred",
  rest: "Then: the rest",
};

function PlanCard({ part, plan, onStep }: { part: Part; plan: Plan; onStep: (step: Step) => void }) {
  const priority = part.body.priority;
  return (
    <Card
      title={partNames[part.of]}
      actions={
        priority && <Badge tone={priorities[priority].tone}>{priorities[priority].name} priority</Badge>
      }
    >
      {plan.error ? (
        <Obstacles error={plan.error} onStep={onStep} retry={() => void plan.refetch()} />
      ) : plan.data ? (
        <Cost cost={plan.data} />
      ) : (
        <Waiting what="Looking names up and making the plan" />
      )}
    </Card>
  );
}

function Cost({ cost }: { cost: Schemas["CostBody"] }) {
  const { addresses, excluded, out_of_scope, unresolved, batches, packets, forecast_ms, options } = cost;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-x-8 gap-y-3">
        <Figure name="Addresses">{number(addresses)}</Figure>
        <Figure
          name="Batches"
          note={`of ${counted(Math.ceil(addresses / Math.max(1, batches)), "address", "addresses")} or so`}
        >
          {number(batches)}
        </Figure>
        <Figure name="Packets" note="at least">
          {number(packets)}
        </Figure>
        <Figure name="Forecast" note="rough; hosts that are down are faster">
          {duration(forecast_ms)}
        </Figure>
      </div>
      <PartsBar
        label="What becomes of the addresses"
        parts={[
          { name: "To scan", value: addresses, colour: "--color-fill-up" },
          { name: "Left out", value: excluded, colour: "--color-fill-excluded" },
          { name: "Out of scope", value: out_of_scope, colour: "--color-fill-out_of_scope" },
          { name: "Names without an address", value: unresolved.length, colour: "--color-fill-unresolved" },
        ]}
      />
      <Facts>
        <Fact name="Nmap's options">
          <code className="font-mono">{options || "its own defaults"}</code>
        </Fact>
      </Facts>
      {unresolved.length > 0 && (
        <details>
          <summary className="font-medium">{counted(unresolved.length, "name")} without an address</summary>
          <ul className="mt-1 max-h-40 overflow-y-auto text-xs">
            {unresolved.map(({ name, reason }) => (
              <li key={name}>
                <code>{name}</code>: <Foreign text={reason} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** What stands in the way, each with the step on which it can be mended. */
function Obstacles({
  error,
  onStep,
  retry,
}: {
  error: Error;
  onStep: (step: Step) => void;
  retry?: () => void;
}) {
  const mistakes = refusalOf(error)?.problem.errors ?? [];
  if (mistakes.length === 0) return <Trouble error={error} retry={retry} />;
  return (
    <ul className="flex flex-col gap-2">
      {mistakes.map(({ field, message }) => {
        const step = stepOf(field);
        return (
          <li key={`${field}${message}`} className="flex flex-wrap items-center justify-between gap-2">
            <Complaint text={message} />
            {step !== "start" && (
              <Button small onClick={() => onStep(step)}>
                Go to {stepNames[step].toLowerCase()}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
