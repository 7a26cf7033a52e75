// How much of a project may run at a time.
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { useRefusal } from "@/api/session";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";
import { limitsQuery } from "./queries";

type Limits = Schemas["ProjectLimits"];

const fields: { name: keyof Limits; label: string; hint: string }[] = [
  { name: "max_scans", label: "Scans at a time", hint: "Others wait in the order of their priority" },
  { name: "max_batches", label: "Batches at a time", hint: "Over all scans of the project" },
  {
    name: "max_rate",
    label: "Packets per second",
    hint: "Over all scans. It is shared out among the batches that may run at a time, 16 if their number is not limited",
  },
];

export function ProjectLimits({ reference }: { reference: string }) {
  const { data: limits } = useSuspenseQuery(limitsQuery(reference));
  const client = useQueryClient();
  const refusal = useRefusal("projects");
  const save = useMutation({
    mutationFn: (form: FormData) => {
      const said = fields.map(({ name }) => [name, limitOf(String(form.get(name) ?? ""))]);
      const body = Object.fromEntries(said) as Limits;
      return answer(api.PUT("/projects/{id}/limits", { params: { path: { id: reference } }, body }));
    },
    onSuccess: async () => {
      say("Saved the limits; they hold at once");
      await client.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  const refused = refusalOf(save.error);
  return (
    <Card title="Limits of the project">
      <form
        key={JSON.stringify(limits)}
        onSubmit={submitting(save.mutate)}
        className="flex max-w-2xl flex-col gap-4"
      >
        <p className="text-muted">
          They hold over all scans of the project, beside the limits of each scan and of the server; the
          smallest one counts. A batch that runs at another rate than it should is ended, keeps what it found,
          and begins again.
        </p>
        {fields.map(({ name, label, hint }) => (
          <TextField
            key={name}
            label={label}
            name={name}
            hint={hint}
            inputMode="numeric"
            placeholder="no limit"
            readOnly={Boolean(refusal)}
            defaultValue={limits[name] ?? ""}
            error={wrong(refused?.field(`/${name}`))}
          />
        ))}
        <Complaint
          text={unplaced(
            save.error,
            fields.map(({ name }) => `/${name}`),
          )}
        />
        <div>
          <Button look="primary" type="submit" busy={save.isPending} reason={refusal}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** What is no number is sent as it is: the server says what is wrong with it. */
function limitOf(text: string): number | string | null {
  const trimmed = text.trim();
  if (!trimmed) return null;
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** The server speaks of its own types here. */
function wrong(message: string | undefined): string | undefined {
  return message?.startsWith("invalid") ? "Write a whole number from 1, or nothing for no limit" : message;
}
