// What people call a scan and note about it.
import { refusalOf, unplaced } from "@/api/problem";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Dialog } from "@/ui/dialog";
import { TextArea, TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";
import { useChange } from "./commands";
import type { Scan } from "./queries";

const fields = ["/name", "/description", "/notes"];

export function Describe({ scan, onClose }: { scan: Scan; onClose: () => void }) {
  const change = useChange(scan);
  const refused = refusalOf(change.error);
  const submit = submitting((form) => {
    const text = (name: string) => String(form.get(name) ?? "");
    const body = { name: text("name"), description: text("description"), notes: text("notes") };
    change.mutate(body, {
      onSuccess: () => {
        say("The scan was changed.");
        onClose();
      },
    });
  });
  return (
    <Dialog title="Name, description and notes" onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          defaultValue={scan.name}
          hint="Without one, the scan is called by its number."
          error={refused?.field("/name")}
        />
        <TextArea
          label="Description"
          name="description"
          rows={3}
          defaultValue={scan.description}
          error={refused?.field("/description")}
        />
        <TextArea label="Notes" name="notes" defaultValue={scan.notes} error={refused?.field("/notes")} />
        <Complaint text={unplaced(change.error, fields)} />
        <Button look="primary" type="submit" busy={change.isPending} className="self-end">
          Save
        </Button>
      </form>
    </Dialog>
  );
}
