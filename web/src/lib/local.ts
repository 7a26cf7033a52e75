// Moments as browsers let people write them: date and time in one's own zone.

/** `2026-11-21T08:30` for an input of that type; empty when there is no such moment. */
export function toLocal(at: string | undefined): string {
  const date = at === undefined ? undefined : new Date(at);
  if (!date || Number.isNaN(date.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that was written, in UTC; nothing when it is none. */
export function fromLocal(written: string): string | undefined {
  const date = new Date(written);
  return written === "" || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
