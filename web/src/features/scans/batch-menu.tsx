// What can be done with one batch.
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useRefusal } from "@/api/session";
import { priorities } from "@/api/words";
import { Confirm } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { useBatchCommands } from "./commands";
import { type BatchCommand, batchRefusal } from "./may";
import type { Batch } from "./queries";
import { SplitBatch } from "./split";

const order = ["high", "medium", "low"] as const;

export function BatchMenu({ batch }: { batch: Batch }) {
  const [opened, open] = useState<"split" | "stop">();
  const { retry, stop, change } = useBatchCommands(batch);
  const role = useRefusal("scan");
  const why = (command: BatchCommand) => role ?? batchRefusal(batch, command);
  return (
    <>
      <Menu
        label={`What to do with batch ${batch.number}`}
        small
        bare
        icon={<Ellipsis size={16} aria-hidden />}
      >
        <MenuItem reason={why("retry")} onClick={() => retry.mutate()}>
          Retry
        </MenuItem>
        <MenuItem reason={why("split")} onClick={() => open("split")}>
          Split
        </MenuItem>
        <MenuItem reason={why("stop")} onClick={() => open("stop")}>
          Stop
        </MenuItem>
        {order.map((priority) => (
          <MenuItem
            key={priority}
            reason={why("change") ?? (batch.priority === priority ? "it has this priority" : undefined)}
            onClick={() => change.mutate({ priority })}
          >
            {priorities[priority].name} priority
          </MenuItem>
        ))}
      </Menu>
      {opened === "split" && <SplitBatch batch={batch} onClose={() => open(undefined)} />}
      {opened === "stop" && (
        <Confirm
          title={`Stop batch ${batch.number}?`}
          action="Stop the batch"
          act={() => stop.mutateAsync()}
          onClose={() => open(undefined)}
        >
          <p>It ends for good. What it has found is kept, and what is left can be retried.</p>
        </Confirm>
      )}
    </>
  );
}
