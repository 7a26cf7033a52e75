// One line of the log.
import { Link } from "@tanstack/react-router";
import { classes } from "@/lib/classes";
import { absolute, clock } from "@/lib/moments";
import type { Tone } from "@/lib/tone";
import { Foreign } from "@/ui/foreign";
import type { Piece } from "./event-words";
import type { LogView, Shown } from "./log-entries";
import type { Scan } from "./queries";

const tones: Record<Tone, string> = {
  good: "text-good",
  busy: "text-busy",
  idle: "text-ink",
  slow: "text-slow",
  bad: "text-bad",
  ended: "text-ended",
};

export function LogLine({
  scan,
  shown,
  name,
  onView,
}: {
  scan: Scan;
  shown: Shown | undefined;
  name: (batch: string) => string;
  onView: (changes: Partial<LogView>) => void;
}) {
  if (!shown) return null;
  const { ts, kind, batch, pieces, tone } = shown;
  return (
    <>
      <time dateTime={ts} title={absolute(ts)} className="num w-20 shrink-0 text-xs text-muted">
        {clock(ts)}
      </time>
      {kind === "line" && batch && (
        <button
          type="button"
          title={`Only ${name(batch)}`}
          onClick={() => onView({ batch })}
          className="min-h-6 shrink-0 text-xs text-muted hover:underline"
        >
          {name(batch)}
        </button>
      )}
      <span className={classes(kind === "line" ? "font-mono text-xs" : "font-medium", tones[tone])}>
        {pieces.map((piece, nth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of an event stay in their places.
          <One key={nth} piece={piece} scan={scan} name={name} />
        ))}
      </span>
    </>
  );
}

function One({ piece, scan, name }: { piece: Piece; scan: Scan; name: (batch: string) => string }) {
  if (typeof piece === "string") return <Foreign text={piece} most={1_000} />;
  if ("batch" in piece) {
    return (
      <Link
        to="/scans/$scan/batches"
        params={{ scan: scan.id }}
        search={{ batch: piece.batch }}
        className="link"
      >
        {name(piece.batch)}
      </Link>
    );
  }
  return (
    <Link
      to="/addresses/$address"
      params={{ address: piece.address }}
      search={{ project: scan.project }}
      className="link"
    >
      {piece.address}
    </Link>
  );
}
