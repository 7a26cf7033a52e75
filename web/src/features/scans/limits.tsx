// How hard and how long a scan may press. It acts at once, also on a scan that runs.
import type { Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { priorities } from "@/api/words";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";
import { useChange } from "./commands";
import type { Scan } from "./queries";

const fields = ["/concurrency", "/max_rate", "/max_duration", "/max_results", "/priority"];

export function Limits({ scan, onClose }: { scan: Scan; onClose: () => void }) {
  const change = useChange(scan);
  const refused = refusalOf(change.error);
  const submit = submitting((form) => {
    change.mutate(bodyOf(form), {
      onSuccess: () => {
        say("The limits hold from now on.");
        onClose();
      },
    });
  });
  return (
    <Dialog title="Limits" onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Batches at a time"
          name="concurrency"
          type="number"
          min={1}
          max={1000}
          required
          defaultValue={scan.concurrency}
          error={refused?.field("/concurrency")}
        />
        <TextField
          label="Packets per second"
          name="max_rate"
          type="number"
          min={1}
          max={10_000_000}
          defaultValue={scan.max_rate ?? ""}
          hint="Over all batches that run at a time. Empty for no limit."
          error={refused?.field("/max_rate")}
        />
        <TextField
          label="Longest time"
          name="max_duration"
          defaultValue={scan.max_duration_ms ? `${Math.round(scan.max_duration_ms / 1_000)}s` : ""}
          hint="Such as 90s, 30m or 2h; pauses are not counted. Empty for no limit."
          error={refused?.field("/max_duration")}
        />
        <TextField
          label="Hosts that are enough"
          name="max_results"
          type="number"
          min={1}
          defaultValue={scan.max_results ?? ""}
          hint="The scan ends when so many have answered. Empty for all of them."
          error={refused?.field("/max_results")}
        />
        <SelectField label="Priority" name="priority" defaultValue={scan.priority}>
          {Object.entries(priorities).map(([priority, { name }]) => (
            <option key={priority} value={priority}>
              {name}
            </option>
          ))}
        </SelectField>
        <Complaint text={unplaced(change.error, fields)} />
        <Button look="primary" type="submit" busy={change.isPending} className="self-end">
          Apply
        </Button>
      </form>
    </Dialog>
  );
}

function bodyOf(form: FormData): Partial<Schemas["UpdateScan"]> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const count = (name: string) => (text(name) ? Number(text(name)) : null);
  return {
    concurrency: Number(text("concurrency")),
    max_rate: count("max_rate"),
    max_duration: text("max_duration") || null,
    max_results: count("max_results"),
    priority: text("priority") as Schemas["Priority"],
  };
}
