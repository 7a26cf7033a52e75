// Where one is in a row of steps. Those that cannot be gone to yet say why.
import { Check } from "lucide-react";
import { classes } from "@/lib/classes";
import { type Step, stepNames, steps } from "./steps";

export function Stepper({
  step,
  reasons,
  onStep,
}: {
  step: Step;
  /** Why a step cannot be gone to, if it cannot. */
  reasons: Record<Step, string | undefined>;
  onStep: (step: Step) => void;
}) {
  const here = steps.indexOf(step);
  return (
    <nav aria-label="Steps">
      <ol className="grid grid-cols-4 gap-1 sm:gap-2">
        {steps.map((one, index) => {
          const reason = reasons[one];
          return (
            <li key={one}>
              <button
                type="button"
                aria-current={one === step ? "step" : undefined}
                aria-disabled={Boolean(reason) || undefined}
                title={reason}
                onClick={() => !reason && onStep(one)}
                className={classes(
                  "flex w-full flex-col items-start gap-1.5 rounded-md border-t-4 px-1 pt-2 pb-1 text-left sm:flex-row sm:items-center sm:px-2",
                  index <= here ? "border-accent" : "border-line",
                  one === step ? "font-semibold" : "text-muted",
                  reason ? "cursor-not-allowed" : "hover:bg-raised",
                )}
              >
                <span
                  aria-hidden
                  className={classes(
                    "num grid size-6 shrink-0 place-items-center rounded-full text-xs font-semibold",
                    index < here ? "bg-accent text-on-accent" : "bg-raised text-ink",
                  )}
                >
                  {index < here ? <Check size={14} /> : index + 1}
                </span>
                <span className="text-xs sm:text-sm">{stepNames[one]}</span>
                {reason && <span className="sr-only"> (not yet: {reason})</span>}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
