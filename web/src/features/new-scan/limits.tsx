// How a scan is to be run: how much at a time, how fast, and when to give up.
import { TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import type { Change, Draft, LimitName } from "./draft";

interface Limit {
  name: LimitName;
  label: string;
  hint: string;
  usual: string;
  isTime?: boolean;
}

const groups: { title: string; of: Limit[] }[] = [
  {
    title: "How hard",
    of: [
      { name: "concurrency", label: "Batches at a time", hint: "Each is one nmap", usual: "4" },
      {
        name: "batch_size",
        label: "Addresses in a batch",
        hint: "At most; what is lost when one fails",
        usual: "fitted to the scan",
      },
      {
        name: "max_rate",
        label: "Packets per second",
        hint: "Over all batches that run at a time",
        usual: "no limit",
      },
    ],
  },
  {
    title: "When to give up",
    of: [
      {
        name: "host_timeout",
        label: "Time for one host",
        hint: "A host that takes longer is listed as timed out",
        usual: "no limit",
        isTime: true,
      },
      {
        name: "batch_timeout",
        label: "Time for one batch",
        hint: "What it had found is kept, the rest is halved",
        usual: "no limit",
        isTime: true,
      },
      { name: "attempts", label: "Tries at a batch", hint: "Before it is halved", usual: "3" },
      {
        name: "max_duration",
        label: "Time for the whole scan",
        hint: "Without pauses; it is stopped then",
        usual: "no limit",
        isTime: true,
      },
      {
        name: "max_results",
        label: "Hosts that answered",
        hint: "It is stopped once it has so many",
        usual: "no limit",
      },
    ],
  },
];

export function Limits({
  draft,
  change,
  wrong,
}: {
  draft: Draft;
  change: Change;
  wrong: (pointer: string) => string | undefined;
}) {
  return (
    <Card title="Limits">
      <div className="flex flex-col gap-5">
        <p className="text-muted">
          {draft.template
            ? "What is left empty is as the template says."
            : "What is left empty is as it usually is. Concurrency, rate and priority can be changed while it runs."}
        </p>
        {groups.map(({ title, of }) => (
          <section key={title} aria-label={title} className="flex flex-col gap-3">
            <h3 className="font-medium">{title}</h3>
            <div className="grid gap-4 sm:grid-cols-2">
              {of.map(({ name, label, hint, usual, isTime }) => (
                <TextField
                  key={name}
                  label={label}
                  hint={isTime ? `${hint}. Such as 90s, 5m or 2h` : hint}
                  inputMode={isTime ? "text" : "numeric"}
                  placeholder={draft.template ? "as the template says" : usual}
                  error={said(wrong(`/configuration/${name}`))}
                  value={draft.limits[name] ?? ""}
                  onChange={(event) => change({ limits: { ...draft.limits, [name]: event.target.value } })}
                />
              ))}
            </div>
          </section>
        ))}
      </div>
    </Card>
  );
}

/** The server speaks of its own types when a number is none. */
function said(message: string | undefined): string | undefined {
  return message?.startsWith("invalid") ? "Write a whole number from 1, or nothing" : message;
}
