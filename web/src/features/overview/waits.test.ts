// Tests of what the overview says of those that wait.
import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { waitsOf } from "./waits";

const scan = (id: string, status: Schemas["ScanState"]) =>
  ({ id, number: 1, name: id, status, owner: "user:mara" }) as Schemas["Scan"];
const status = (id: string, reason: string | null, waiting: Schemas["WaitingBody"][]) =>
  ({ scan_id: id, reason, waiting }) as Schemas["ScanStatus"];

test("batches wait for what the server says", () => {
  const waits = waitsOf(
    [scan("a", "running")],
    [status("a", null, [{ batches: 3, reason: "the project runs 2 scans already" }])],
    [],
  );

  expect(waits.map(({ reason }) => reason)).toEqual(["3 batches: the project runs 2 scans already"]);
});

test("what is paused or was never started waits for people", () => {
  const waits = waitsOf([scan("a", "paused")], [status("a", null, [])], [scan("b", "created")]);

  expect(waits.map(({ reason }) => reason)).toEqual([
    "paused, until somebody resumes it",
    "made by mara, until somebody starts it",
  ]);
});
