// A new scan in four steps. Each is checked by the server while one writes; the last one starts it.
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, Play } from "lucide-react";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { Refused, refusalOf } from "@/api/problem";
import { useRefusal } from "@/api/session";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { useSettled } from "@/ui/settled";
import { say } from "@/ui/toast";
import { type Draft, projectOf, startOver, useDraft } from "./draft";
import { entriesOf } from "./entries";
import { expansionQuery, firstShown, planQuery } from "./queries";
import { checkOf, freshKey, type Part, partsOf } from "./requests";
import { OptionsStep } from "./step-options";
import { PriorityStep } from "./step-priority";
import { StartStep } from "./step-start";
import { type Around, TargetsStep } from "./step-targets";
import { Stepper } from "./stepper";
import { type Step, steps } from "./steps";

/** What the targets amount to, as far as that is known. */
export interface Preview {
  isEmpty: boolean;
  expanded: Schemas["ExpandedTargets"] | undefined;
  /** It is that of what was written a moment ago. */
  isStale: boolean;
  error: Error | null;
  excludesError: string | undefined;
  retry: () => void;
  more: (() => void) | undefined;
}

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

/** A project that is not there yet is made with the scan; nothing can be asked about it before. */
function askedProject(draft: Draft, around: Around): string | null {
  return around.projects.some(({ name }) => name === draft.project) ? draft.project : null;
}

function usePreview(draft: Draft, around: Around): Preview {
  const [limit, setLimit] = useState(firstShown);
  const text =
    draft.source === "written"
      ? draft.text
      : draft.source === "inventory"
        ? around.inventory.map(({ target }) => target).join("\n")
        : "";
  const settled = useSettled(text);
  const settledExcludes = useSettled(draft.excludes);
  const { targets, excludes } = entriesOf(settledExcludes);
  const query = useQuery(
    expansionQuery({
      project: askedProject(draft, around),
      text: settled,
      excludes: [...targets, ...excludes],
      limit,
    }),
  );
  const isEmpty = text.trim() === "";
  return {
    isEmpty,
    expanded: isEmpty || query.error ? undefined : query.data,
    isStale: query.isPlaceholderData || text !== settled || draft.excludes !== settledExcludes,
    error: query.error,
    excludesError: refusalOf(query.error)?.field("/excludes"),
    retry: () => void query.refetch(),
    more: limit < 1_000 ? () => setLimit(1_000) : undefined,
  };
}

/** Options and limits are looked at without the targets: one address that may be scanned will do. */
function useCheck(draft: Draft, preview: Preview, what: "options" | "limits", enabled: boolean) {
  const body = checkOf(draft, preview.expanded?.targets[0] ?? "127.0.0.1", what);
  const settled = useSettled(JSON.stringify(body));
  const query = useQuery({
    ...planQuery(JSON.parse(settled)),
    enabled,
    placeholderData: (before: Schemas["CostBody"] | undefined) => before,
  });
  const refused = refusalOf(query.error);
  const isOfTargets = refused?.problem.errors?.every(({ field }) => field.startsWith("/targets"));
  return { data: query.data, isFetching: query.isFetching, error: isOfTargets ? null : query.error };
}

/** Makes the scans; two are made before either is started, so that a refusal leaves nothing behind. */
function useMake(partsNow: () => Part[], onMade: (scan: Schemas["Scan"]) => void) {
  const client = useQueryClient();
  const keys = useRef<string[]>([]);
  async function create(body: Schemas["CreateScan"], index: number) {
    keys.current[index] ??= freshKey();
    const headers = { "Idempotency-Key": keys.current[index] };
    return answer(api.POST("/scans", { body, headers }));
  }
  async function makeAll(isStarted: boolean) {
    const parts = partsNow();
    const [first, ...others] = parts;
    if (!first) throw new Error("There is nothing to make.");
    if (others.length === 0) return [await create({ ...first.body, start: isStarted }, 0)];
    const made: Schemas["Scan"][] = [];
    try {
      for (const [index, { body }] of parts.entries()) made.push(await create(body, index));
    } catch (error) {
      if (error instanceof Refused) await Promise.allSettled(made.map(({ id }) => remove(id)));
      throw error;
    }
    if (isStarted)
      for (const { id } of made) await answer(api.POST("/scans/{id}/start", { params: { path: { id } } }));
    return made;
  }
  return useMutation({
    mutationFn: makeAll,
    onSuccess: async (made, isStarted) => {
      keys.current = [];
      say(`${counted(made.length, "scan")} ${isStarted ? "started" : "made"}`);
      await client.invalidateQueries({ queryKey: ["scans"], refetchType: "none" });
      await client.invalidateQueries({ queryKey: ["projects"], refetchType: "none" });
      startOver();
      if (made[0]) onMade(made[0]);
    },
    onError: (error) => {
      // After a refusal it is another request; without an answer it is still the same one.
      if (error instanceof Refused) keys.current = [];
    },
  });
}

function remove(id: string) {
  return answer(api.DELETE("/scans/{id}", { params: { path: { id } } }));
}

/** Why one cannot go on from a step, if one cannot. */
function gates(
  draft: Draft,
  preview: Preview,
  wrongOptions: Error | null,
  around: Around,
): Record<Step, string | undefined> {
  return {
    targets: targetsGate(draft, preview, around),
    priority: preview.excludesError ? "mend what is to be left out" : undefined,
    options:
      draft.how === "options" && !draft.template && !draft.options.trim()
        ? "write nmap's options"
        : wrongOptions
          ? "mend what is marked"
          : undefined,
    start: undefined,
  };
}

function targetsGate(draft: Draft, preview: Preview, around: Around): string | undefined {
  if (draft.source === "search")
    return draft.query.trim() ? undefined : "write a query or pick a saved search";
  if (draft.source === "template") return undefined;
  if (draft.source === "inventory" && around.inventory.length === 0) return "the project has no targets";
  if (preview.isEmpty) return "name at least one target";
  const { expanded } = preview;
  if (!expanded) return preview.error && !preview.excludesError ? "the targets cannot be read" : undefined;
  const rejected = expanded.rejected_count ?? expanded.rejected.length;
  if (rejected > 0) return `${counted(rejected, "entry", "entries")} cannot be read`;
  if (expanded.count === 0 && expanded.names.length === 0)
    return expanded.out_of_scope > 0
      ? "the project's scope allows none of these addresses"
      : "nothing is left to scan";
  return undefined;
}

/** A step can be gone to when all steps before it are done. */
function reasonsOf(closed: Record<Step, string | undefined>): Record<Step, string | undefined> {
  return {
    targets: undefined,
    priority: closed.targets,
    options: closed.targets ?? closed.priority,
    start: closed.targets ?? closed.priority ?? closed.options,
  };
}
