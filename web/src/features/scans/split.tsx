// Asks how large batches shall be.
import type { UseMutationResult } from "@tanstack/react-query";
import { refusalOf, unplaced } from "@/api/problem";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { useBatchCommands, useSplitOfScan } from "./commands";
import type { Batch, Scan } from "./queries";

export function SplitScan({ scan, onClose }: { scan: Scan; onClose: () => void }) {
  return (
    <Split
      title="Cut into batches of another size"
      size={scan.batch_size}
      hint={`A batch has ${counted(scan.batch_size, "address", "addresses")} at most now.`}
      splitting={useSplitOfScan(scan)}
      onClose={onClose}
    />
  );
}

export function SplitBatch({ batch, onClose }: { batch: Batch; onClose: () => void }) {
  const { split } = useBatchCommands(batch);
  return (
    <Split
      title={`Split batch ${batch.number}`}
      size={Math.max(1, Math.ceil(batch.target_count / 2))}
      hint={`The batch has ${counted(batch.target_count, "address", "addresses")}. What is done already stays done.`}
      splitting={split}
      onClose={onClose}
    />
  );
}

function Split({
  title,
  size,
  hint,
  splitting,
  onClose,
}: {
  title: string;
  size: number;
  hint: string;
  splitting: Pick<UseMutationResult<unknown, Error, number>, "mutate" | "error" | "isPending">;
  onClose: () => void;
}) {
  const { error, isPending, mutate } = splitting;
  const refused = refusalOf(error);
  const submit = submitting((form) => mutate(Number(form.get("size")), { onSuccess: onClose }));
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Addresses in a batch"
          name="size"
          type="number"
          min={1}
          max={65_536}
          required
          defaultValue={size}
          hint={hint}
          error={refused?.field("/chunk_size") ?? refused?.field("/batch_size")}
        />
        <Complaint text={unplaced(error, ["/chunk_size", "/batch_size"])} />
        <Button look="primary" type="submit" busy={isPending} className="self-end">
          Split
        </Button>
      </form>
    </Dialog>
  );
}
