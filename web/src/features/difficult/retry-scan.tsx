// Takes up again all that resisted in one scan, within that scan.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { useRefusal } from "@/api/session";
import { counted } from "@/lib/numbers";
import { Button, LinkButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Card } from "@/ui/page";
import { say } from "@/ui/toast";
import { scanQuery } from "./queries";

/** A scan goes on with what is left only after it has ended (`retry` of netscan-store). */
const over: Schemas["ScanState"][] = ["completed", "partial", "failed", "cancelled"];

export function RetryScan({ scan: id, count }: { scan: string; count: number }) {
  const { data: scan } = useQuery(scanQuery(id));
  const client = useQueryClient();
  const refusal = useRefusal("scan");
  const [isAsking, setAsking] = useState(false);
  const retry = useMutation({
    mutationFn: () =>
      answer(api.POST("/scans/{id}/retry", { params: { path: { id } }, body: { only: "difficult" } })),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["scans"] }),
        client.invalidateQueries({ queryKey: ["difficult"] }),
      ]);
      say("The scan goes on with its difficult addresses.");
    },
  });
  if (!scan) return null;
  const reason =
    refusal ??
    (count === 0 ? "nothing of this scan was difficult" : undefined) ??
    (over.includes(scan.status) ? undefined : `the scan is ${scan.status}; wait until it has ended`);
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="foreign max-w-prose">
          Scan {scan.number}
          {scan.name && ` “${scan.name}”`}: {counted(count, "difficult address", "difficult addresses")}.{" "}
          <span className="text-muted">
            A retry lets this scan go on: all that timed out or failed in it is tried again with the same
            options, and what is found is added to its results.
          </span>
        </p>
        <div className="flex gap-2">
          <LinkButton to="/scans/$scan" params={{ scan: id }}>
            To the scan
          </LinkButton>
          <Button reason={reason} onClick={() => setAsking(true)}>
            Retry within the scan
          </Button>
        </div>
      </div>
      {isAsking && (
        <Confirm
          title="Retry what was difficult"
          action="Retry"
          act={() => retry.mutateAsync()}
          onClose={() => setAsking(false)}
        >
          Scan {scan.number} goes on with {counted(count, "address", "addresses")} that timed out or failed.
          It keeps all that it has found, and uses the options it was made with.
        </Confirm>
      )}
    </Card>
  );
}
