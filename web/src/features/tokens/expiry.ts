// Until when a token is valid: how it is chosen, and how soon it ends.
import { fromLocal } from "@/lib/local";

export const lifetimes = {
  day: { name: "1 day", seconds: 86_400 },
  month: { name: "30 days", seconds: 30 * 86_400 },
  quarter: { name: "90 days", seconds: 90 * 86_400 },
  year: { name: "1 year", seconds: 365 * 86_400 },
} as const;

export type Lifetime = keyof typeof lifetimes | "moment" | "never";

/** What is said to the server: a time from now, a moment, or nothing. `moment` is in one's own time zone. */
export function expiry(
  lifetime: Lifetime,
  moment: string,
): { expires_in_seconds?: number; expires_at?: string } {
  if (lifetime === "never") return {};
  if (lifetime !== "moment") return { expires_in_seconds: lifetimes[lifetime].seconds };
  return { expires_at: fromLocal(moment) };
}

/** What ends within this many days ends soon. */
const soon = 7;

export type Validity = "expired" | "soon" | "valid";

export function validity(expiresAt: string | null | undefined, now: number): Validity {
  if (!expiresAt) return "valid";
  const left = new Date(expiresAt).getTime() - now;
  if (left <= 0) return "expired";
  return left < soon * 86_400_000 ? "soon" : "valid";
}
