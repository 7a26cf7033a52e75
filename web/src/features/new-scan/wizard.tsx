// A new scan in four steps. Each is checked by the server while one writes; the last one starts it.
import { useQueries } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, Play } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import type { Schemas } from "@/api/client";
import { refusalOf } from "@/api/problem";
import { useRefusal } from "@/api/session";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import type { Around } from "./around";
import { type Draft, projectOf, startOver, useDraft } from "./draft";
import { gates, reasonsOf } from "./gates";
import { useMake } from "./make";
import { useCheck, usePreview } from "./preview";
import { planQuery } from "./queries";
import { partsOf } from "./requests";
import { OptionsStep } from "./step-options";
import { PriorityStep } from "./step-priority";
import { StartStep } from "./step-start";
import { TargetsStep } from "./step-targets";
import { Stepper } from "./stepper";
import { type Step, steps } from "./steps";

export function Wizard({
  step: asked,
  onStep,
  onMade,
  around,
}: {
  step: Step;
  onStep: (step: Step) => void;
  onMade: (scan: Schemas["Scan"]) => void;
  around: Around;
}) {
  const [kept, keep] = useDraft();
  const project = projectOf(kept, around);
  const draft = useMemo(() => ({ ...kept, project }), [kept, project]);
  const refusal = useRefusal("scan");
  const preview = usePreview(draft, around);
  const check = useCheck(draft, preview, "options", !refusal);
  const limits = useCheck(draft, preview, "limits", !refusal);
  // A long list takes its time, and nobody who writes waits for it.
  const settled = useDeferredValue(draft);
  const parts = useMemo(() => partsOf(settled, around.inventory), [settled, around.inventory]);
  const make = useMake(() => partsOf(draft, around.inventory), onMade);

  const closed = gates(draft, preview, check.error ?? limits.error, around);
  const reasons = reasonsOf(closed);
  // An address may name a step that cannot be gone to yet.
  const step = reasons[asked] ? (steps[steps.findIndex((one) => reasons[one]) - 1] ?? "targets") : asked;
  const plans = useQueries({
    queries: parts.map(({ body }) => ({
      ...planQuery({ ...body, name: null, notes: null }),
      enabled: step === "start" && !refusal,
    })),
  });

  function change(part: Partial<Draft>) {
    make.reset();
    keep(part);
  }
  const refused = [make.error, ...plans.map(({ error }) => error), check.error, limits.error].map(refusalOf);
  const wrong = (pointer: string) => refused.map((one) => one?.field(pointer)).find(Boolean);
  const here = { draft, change, around, wrong };
  const index = steps.indexOf(step);
  const next = steps[index + 1];
  const before = steps[index - 1];
  const stuck =
    refusal ??
    (plans.some(({ error }) => error) ? "the plan shows what is wrong" : undefined) ??
    (settled !== draft || plans.some(({ data }) => !data) ? "the plan is being made" : undefined);
  return (
    <Page
      title="New scan"
      actions={
        <Button
          look="quiet"
          onClick={() => {
            startOver();
            make.reset();
            onStep("targets");
          }}
        >
          Start over
        </Button>
      }
    >
      <Stepper step={step} reasons={reasons} onStep={onStep} />
      {step === "targets" && <TargetsStep {...here} preview={preview} />}
      {step === "priority" && <PriorityStep {...here} preview={preview} />}
      {step === "options" && (
        <OptionsStep
          {...here}
          checked={{ options: check.error ? undefined : check.data?.options, isChecking: check.isFetching }}
        />
      )}
      {step === "start" && (
        <StartStep
          {...here}
          parts={parts}
          plans={plans}
          error={make.error}
          refusal={refusal}
          onStep={onStep}
        />
      )}
      <footer className="sticky bottom-0 -mx-4 flex flex-wrap items-center justify-between gap-2 border-t border-line bg-canvas px-4 py-3 lg:-mx-6 lg:px-6">
        {before ? (
          <Button icon={<ArrowLeft size={16} aria-hidden />} onClick={() => onStep(before)}>
            Back
          </Button>
        ) : (
          <span />
        )}
        {next ? (
          <span className="flex flex-wrap items-center justify-end gap-3">
            {closed[step] && <span className="text-xs text-muted">{closed[step]}</span>}
            <Button
              look="primary"
              reason={closed[step]}
              onClick={() => onStep(next)}
              icon={<ArrowRight size={16} aria-hidden />}
            >
              Next
            </Button>
          </span>
        ) : (
          <span className="flex flex-wrap items-center justify-end gap-2">
            {stuck && <span className="text-xs text-muted">{stuck}</span>}
            <Button
              reason={stuck}
              busy={make.isPending && !make.variables}
              onClick={() => make.mutate(false)}
            >
              Make it, start later
            </Button>
            <Button
              look="primary"
              icon={<Play size={16} aria-hidden />}
              reason={stuck}
              busy={make.isPending && make.variables}
              onClick={() => make.mutate(true)}
            >
              Start now
            </Button>
          </span>
        )}
      </footer>
    </Page>
  );
}
