// Tests of what may be done with scans and batches: the table of `Lifecycle::command` in netscan-model.
import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { batchRefusal, type ScanCommand, scanRefusal } from "./may";

const commands: ScanCommand[] = ["start", "pause", "resume", "stop", "retry", "remove", "split"];

function allowed(status: Schemas["ScanState"], desired: Schemas["DesiredState"] = "run"): ScanCommand[] {
  return commands.filter((command) => scanRefusal({ status, desired }, command) === undefined);
}

test("a scan that has not been started is started, stopped, split or removed", () => {
  expect(allowed("created")).toEqual(["start", "stop", "remove", "split"]);
});

test("a scan under way is paused or stopped", () => {
  expect(allowed("queued")).toEqual(["pause", "stop"]);
  expect(allowed("running")).toEqual(["pause", "stop"]);
});

test("a scan that is paused or being paused is resumed or stopped", () => {
  expect(allowed("paused", "pause")).toEqual(["resume", "stop"]);
  expect(allowed("running", "pause")).toEqual(["resume", "stop"]);
});

test("a stop beats everything until the scan has ended", () => {
  expect(allowed("running", "stop")).toEqual([]);
  expect(allowed("paused", "stop")).toEqual([]);
});

test("a scan that has ended takes a retry and may be removed", () => {
  for (const state of ["completed", "partial", "failed", "cancelled"] as const)
    expect(allowed(state, "stop")).toEqual(["retry", "remove"]);
});

test("a refusal is a sentence", () => {
  expect(scanRefusal({ status: "running", desired: "run" }, "remove")).toBe(
    "the scan is running; stop it first",
  );
});

test("open batches are cut, stopped and changed, those that ended badly are retried", () => {
  const may = (status: Schemas["BatchState"], target_count = 8) =>
    (["retry", "split", "stop", "change"] as const).filter(
      (command) => batchRefusal({ status, target_count }, command) === undefined,
    );

  expect(may("waiting")).toEqual(["split", "stop", "change"]);
  expect(may("leased")).toEqual(["split", "stop", "change"]);
  expect(may("leased", 1)).toEqual(["stop", "change"]);
  expect(may("failed")).toEqual(["retry"]);
  expect(may("cancelled")).toEqual(["retry"]);
  expect([...may("succeeded"), ...may("superseded")]).toEqual([]);
});
