// Text from scanned hosts. Nothing in it runs, steers or leaves its place.
import { useState } from "react";
import { onOneLine, visible } from "@/lib/foreign";

/** So much is shown of a text before one asks for more. */
const shown = 2_000;

/** A piece of foreign text within a line, cut after `most` characters. */
export function Foreign({ text, most = 160 }: { text: string | null | undefined; most?: number }) {
  if (!text) return null;
  const whole = onOneLine(text.length > shown ? text.slice(0, shown) : text);
  const isLong = whole.length > most;
  return (
    <bdi className="foreign" title={isLong ? whole : undefined}>
      {isLong ? `${whole.slice(0, most)}…` : whole}
    </bdi>
  );
}

/** Foreign text with its lines, such as what a script said. */
export function ForeignBlock({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const isLong = text.length > shown;
  return (
    <div className="min-w-0">
      <pre
        // What scrolls must be reachable (WCAG 2.1.1).
        tabIndex={0}
        className="foreign max-h-96 overflow-auto rounded-md bg-raised p-2 font-mono text-xs whitespace-pre-wrap"
      >
        <bdi>{visible(all || !isLong ? text : text.slice(0, shown))}</bdi>
        {isLong && !all && "…"}
      </pre>
      {isLong && (
        <button type="button" className="link mt-1 text-xs" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`}
        </button>
      )}
    </div>
  );
}
