// Moments in one's own time zone, and how long ago they were.

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clockOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** The date and the time in one's own zone. */
export function absolute(at: string): string {
  return full.format(new Date(at));
}

/** The time of day in one's own zone. */
export function clock(at: string): string {
  return clockOnly.format(new Date(at));
}

/** `3 minutes ago`, `in 2 days`. */
export function ago(at: string, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return Math.abs(seconds) < 10 ? "just now" : relative.format(Math.trunc(seconds), "second");
}

/** One's own time zone, such as `Europe/Zurich`. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
