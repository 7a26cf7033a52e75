// What may be done with scans and batches, and why not. The rules are those of `Lifecycle::command` in
// crates/netscan-model/src/scan.rs and of `Batch::apply` in crates/netscan-model/src/batch.rs: the server
// has the last word, and this says beforehand what that will be.
import type { Schemas } from "@/api/client";

type Scan = Pick<Schemas["Scan"], "status" | "desired">;
type Batch = Pick<Schemas["BatchBody"], "status" | "target_count">;

export type ScanCommand = "start" | "pause" | "resume" | "stop" | "retry" | "remove" | "split";
export type BatchCommand = "retry" | "split" | "stop" | "change";

/** Whether it ends here, unless someone asks for a retry (`State::is_terminal`). */
export function hasEnded({ status }: Pick<Scan, "status">): boolean {
  switch (status) {
    case "completed":
    case "partial":
    case "failed":
    case "cancelled":
      return true;
    case "created":
    case "queued":
    case "running":
    case "paused":
      return false;
  }
}

/** Why a scan cannot take a command now; nothing when it can. */
export function scanRefusal(scan: Scan, command: ScanCommand): string | undefined {
  const { status, desired } = scan;
  const isOver = hasEnded(scan);
  switch (command) {
    case "retry":
      return isOver ? undefined : `the scan is ${status}; wait until it has ended, or stop it`;
    case "remove":
      return isOver || status === "created" ? undefined : `the scan is ${status}; stop it first`;
    case "split":
      return status === "created" ? undefined : "the scan has been started; split its batches instead";
    case "stop":
      if (isOver) return `the scan is ${status} already`;
      return desired === "stop" ? "the scan is being stopped" : undefined;
  }
  if (isOver) return `the scan is ${status}; run it again instead`;
  if (desired === "stop") return "the scan is being stopped";
  switch (command) {
    case "start":
      return status === "created" ? undefined : "the scan has been started";
    case "pause":
      if (status === "created") return "the scan has not been started";
      if (desired !== "pause") return undefined;
      return status === "paused" ? "the scan is paused already" : "the scan is being paused";
    case "resume":
      if (status === "created") return "the scan has not been started";
      return status === "paused" || desired === "pause" ? undefined : "the scan is not paused";
  }
}

/** Why a batch cannot take a command now; nothing when it can. */
export function batchRefusal({ status, target_count }: Batch, command: BatchCommand): string | undefined {
  const isOpen = status === "waiting" || status === "leased";
  if (command === "retry")
    return status === "failed" || status === "cancelled"
      ? undefined
      : "only a batch that was given up or stopped can be retried";
  if (status === "superseded") return "the batch has been split; its parts carry the rest";
  if (!isOpen) return "the batch is over";
  if (command === "split" && target_count < 2) return "the batch has one address only";
  return undefined;
}
