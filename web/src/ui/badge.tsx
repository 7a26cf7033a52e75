// A word on a coloured ground.
import type { ReactNode } from "react";
import { classes } from "@/lib/classes";
import type { Tone } from "@/lib/tone";

const tones: Record<Tone, string> = {
  good: "bg-good-soft text-good",
  busy: "bg-busy-soft text-busy",
  idle: "bg-idle-soft text-idle",
  slow: "bg-slow-soft text-slow",
  bad: "bg-bad-soft text-bad",
  ended: "bg-ended-soft text-ended",
};

export function Badge({
  tone = "idle",
  title,
  still,
  children,
}: {
  tone?: Tone;
  /** Nothing is under way, though the tone says so. */
  still?: boolean;
  title?: string | undefined;
  children: ReactNode;
}) {
  return (
    <span
      title={title}
      className={classes(
        "inline-flex max-w-full items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      {tone === "busy" && !still && (
        <span aria-hidden className="size-1.5 animate-pulse rounded-full bg-current" />
      )}
      {children}
    </span>
  );
}
