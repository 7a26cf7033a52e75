// A text area for texts whose lines have numbers, with what is wrong shown at its line.
import type { KeyboardEvent, Ref, TextareaHTMLAttributes } from "react";
import { useRef } from "react";
import { classes } from "@/lib/classes";

/** Something to say about a line, from 1. */
export interface Mark {
  line: number;
  message: string;
}

const lineHeight = 20;

interface CodeAreaProps
  extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "value" | "onChange" | "onKeyDown"> {
  value: string;
  onChange: (value: string) => void;
  marks?: Mark[];
  ref?: Ref<HTMLTextAreaElement>;
}

/** The tab key indents. After Escape it goes on to the next field, so that nobody is caught in here. */
export function CodeArea({ value, onChange, marks = [], ref, className, ...area }: CodeAreaProps) {
  const isLeaving = useRef(false);
  const lines = value.split("\n");
  const messages = new Map<number, string>();
  for (const { line, message } of marks)
    messages.set(line, messages.has(line) ? `${messages.get(line)}; ${message}` : message);
  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    const wasLeaving = isLeaving.current;
    isLeaving.current = event.key === "Escape";
    if (!isPlain || area.readOnly || event.nativeEvent.isComposing) return;
    if (event.key === "Tab" && !wasLeaving) {
      event.preventDefault();
      write("  ");
    }
    if (event.key === "Enter") {
      event.preventDefault();
      write(`\n${indentAt(event.currentTarget)}`);
    }
  }
  return (
    <div
      className={classes(
        "grid max-h-[65dvh] min-h-40 grid-cols-[auto_minmax(0,1fr)] overflow-y-auto rounded-md border bg-surface font-mono text-xs focus-within:outline-2 focus-within:outline-accent",
        area["aria-invalid"] ? "border-danger" : "border-edge",
        className,
      )}
    >
      <div
        aria-hidden
        className="border-r border-line bg-raised py-2 pr-2 pl-3 text-right text-muted select-none"
        style={{ lineHeight: `${lineHeight}px` }}
      >
        {lines.map((_, index) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
            key={index}
            title={messages.get(index + 1)}
            className={messages.has(index + 1) ? "font-bold text-danger" : undefined}
          >
            {index + 1}
          </div>
        ))}
      </div>
      <div className="overflow-x-auto">
        <div className="grid w-max min-w-full" style={{ lineHeight: `${lineHeight}px` }}>
          <div aria-hidden className="col-start-1 row-start-1 py-2 whitespace-pre">
            {lines.map((line, index) => (
              <div
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
                key={index}
                className={classes("pr-4 pl-3", messages.has(index + 1) && "bg-danger-soft")}
                style={{ height: lineHeight }}
              >
                <span className="invisible">{line}</span>
                {messages.has(index + 1) && (
                  <span className="inline-block max-w-[40rem] truncate pl-4 align-top font-sans text-danger">
                    {messages.get(index + 1)}
                  </span>
                )}
              </div>
            ))}
          </div>
          <textarea
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            wrap="off"
            {...area}
            ref={ref}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onKeyDown={onKeyDown}
            onBlur={() => {
              isLeaving.current = false;
            }}
            className="col-start-1 row-start-1 resize-none overflow-hidden bg-transparent px-3 py-2 whitespace-pre outline-none"
          />
        </div>
      </div>
    </div>
  );
}

/** Puts the caret at a place of the text, and the place where it can be seen. */
export function goTo(area: HTMLTextAreaElement, line: number, column: number) {
  const before = area.value.split("\n").slice(0, line - 1);
  const at = before.reduce((sum, text) => sum + text.length + 1, 0) + Math.max(0, column - 1);
  area.focus({ preventScroll: true });
  area.setSelectionRange(at, at);
  const box = area.parentElement?.parentElement?.parentElement;
  box?.scrollTo({ top: (line - 4) * lineHeight });
  box?.scrollIntoView({ block: "nearest" });
}

/** Writes at the caret, so that it can be undone as if it had been typed. */
function write(text: string) {
  // There is no other way to write into a text area that undo knows of.
  document.execCommand("insertText", false, text);
}

/** The blanks at the beginning of the line that the caret is in. */
function indentAt(area: HTMLTextAreaElement): string {
  const line = area.value.slice(
    area.value.lastIndexOf("\n", area.selectionStart - 1) + 1,
    area.selectionStart,
  );
  return /^ */.exec(line)?.[0] ?? "";
}
