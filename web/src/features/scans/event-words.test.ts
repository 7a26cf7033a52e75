// Tests of events in words.
import { expect, test } from "vitest";
import { said, wordsOf } from "./event-words";

function words(event: string, rest: Record<string, unknown>): string | undefined {
  const told = said({ event, seq: 1, ts: "2026-01-02T03:04:05Z", scan_id: "s", ...rest });
  return told && wordsOf(told, (id) => `Batch ${id}`);
}

test("events are told as sentences", () => {
  expect(words("status", { status: "paused", reason: "someone asked" })).toBe(
    "The scan is paused: someone asked",
  );
  expect(words("scan_complete", { status: "partial" })).toBe("The scan has ended: partial");
  expect(words("batch_start", { batch_id: "3", attempt: 2, targets: ["192.0.2.0-192.0.2.7"] })).toBe(
    "Batch 3 starts, attempt 2: 192.0.2.0-192.0.2.7",
  );
  expect(
    words("batch_complete", { batch_id: "3", status: "succeeded", summary: { hosts_up: 2, open_ports: 1 } }),
  ).toBe("Batch 3 succeeded: 2 up, 1 open port");
  expect(words("batch_split", { batch_id: "3", parts: [7, 8] })).toBe("Batch 3 was cut into batches 7, 8");
  expect(words("host", { address: "192.0.2.1", status: "up", open_ports: 4, timed_out: true })).toBe(
    "192.0.2.1 is up, 4 open ports, and took too long",
  );
});

test("what only moves the bars is not told", () => {
  expect(words("progress", { progress: 0.5 })).toBeUndefined();
});

test("an event that nobody knows is told as it is", () => {
  expect(words("finding", { address: "192.0.2.1", severity: "high", note: null })).toBe(
    "finding address 192.0.2.1, severity high",
  );
});
