// Tests of what stored events change in the cache.
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { takeIn } from "./frames";
import { type Scan, type ScanStatus, scanQuery, statusQuery } from "./queries";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  // What is still to be asked must not be waited for by the next test.
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
});

function cacheOf(scan: Partial<Scan>, status: Partial<ScanStatus>): QueryClient {
  const client = new QueryClient();
  client.setQueryData(scanQuery("s").queryKey, scan as Scan);
  client.setQueryData(statusQuery("s").queryKey, status as ScanStatus);
  return client;
}

function frame(event: string, rest: Record<string, unknown>) {
  return { event, seq: 1, ts: "2026-01-02T03:04:05Z", scan_id: "s", ...rest };
}

test("what a frame says itself is so at once, for the scan and for its status", () => {
  const client = cacheOf({ status: "running", name: "office" }, { status: "running", hosts_up: 3 });

  takeIn(client, "s", frame("status", { status: "paused", reason: "someone asked" }));

  expect(client.getQueryData(scanQuery("s").queryKey)).toEqual({
    status: "paused",
    reason: "someone asked",
    name: "office",
  });
  expect(client.getQueryData(statusQuery("s").queryKey)).toEqual({
    status: "paused",
    reason: "someone asked",
    hosts_up: 3,
  });
});

test("an answer that is older than a frame does not bring back what is over", async () => {
  const client = cacheOf({ status: "queued" }, { status: "queued" });
  let arrive = (_: Scan) => {};
  const asked = client.fetchQuery({
    queryKey: scanQuery("s").queryKey,
    queryFn: () => new Promise<Scan>((resolve) => (arrive = resolve)),
  });
  asked.catch(() => undefined);

  takeIn(client, "s", frame("status", { status: "running" }));
  arrive({ status: "queued" } as Scan);
  await vi.advanceTimersByTimeAsync(0);

  expect(client.getQueryData(scanQuery("s").queryKey)).toMatchObject({ status: "running" });
});

test("progress brings the coverage with it, which a scan alone does not have", () => {
  const client = cacheOf({ progress: 0 }, { progress: 0 });

  takeIn(client, "s", frame("progress", { progress: 0.5, coverage: { up: 4 } }));

  expect(client.getQueryData(scanQuery("s").queryKey)).toEqual({ progress: 0.5 });
  expect(client.getQueryData(statusQuery("s").queryKey)).toEqual({ progress: 0.5, coverage: { up: 4 } });
});

test("nothing is made up of a scan that was not asked for", () => {
  const client = new QueryClient();

  takeIn(client, "s", frame("status", { status: "paused" }));

  expect(client.getQueryData(scanQuery("s").queryKey)).toBeUndefined();
});

test("a hundred hosts a second make one question a second", () => {
  const client = cacheOf({}, {});
  const asked = vi.spyOn(client, "invalidateQueries");

  for (let nth = 0; nth < 300; nth++) {
    takeIn(client, "s", frame("host", { address: "192.0.2.1" }));
    vi.advanceTimersByTime(10);
  }

  const status = asked.mock.calls.filter(([filters]) => filters?.queryKey?.[2] === "status");
  expect(status.length).toBe(3);
});
