// Moments, as people say them, with the exact time at hand.
import { useSyncExternalStore } from "react";
import { absolute, ago } from "@/lib/moments";

/** One clock for the whole page; it goes on while something shows it. */
let now = Date.now();
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function watch(told: () => void): () => void {
  watchers.add(told);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const tell of watchers) tell();
  }, 1_000);
  return () => {
    watchers.delete(told);
    if (watchers.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

/** The present moment in milliseconds, anew every second. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

/** `3 minutes ago`, with the exact time on hover; `exact` the other way round. */
export function Time({ at, exact }: { at: string | null | undefined; exact?: boolean }) {
  const present = useNow();
  if (!at) return <span className="text-muted">never</span>;
  const [said, more] = exact ? [absolute(at), ago(at, present)] : [ago(at, present), absolute(at)];
  return (
    <time dateTime={at} title={more} className="whitespace-nowrap">
      {said}
    </time>
  );
}
