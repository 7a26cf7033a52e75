// Tests of when tokens end.
import { expect, test } from "vitest";
import { expiry, validity } from "./expiry";

const now = Date.parse("2026-11-21T12:00:00Z");

test("a lifetime is told in seconds and a moment as one", () => {
  expect(expiry("day", "")).toEqual({ expires_in_seconds: 86_400 });
  expect(expiry("never", "")).toEqual({});
  expect(expiry("moment", "2026-12-01T08:30")).toEqual({
    expires_at: new Date(2026, 11, 1, 8, 30).toISOString(),
  });
});

test("a token says when it has ended and when it soon will", () => {
  expect(validity(null, now)).toBe("valid");
  expect(validity("2026-11-21T12:00:00Z", now)).toBe("expired");
  expect(validity("2026-11-28T11:59:59Z", now)).toBe("soon");
  expect(validity("2026-11-28T12:00:00Z", now)).toBe("valid");
});
