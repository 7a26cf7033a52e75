// The box for queries of the search language: completion, and the place of a mistake.
import { Search, X } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { refusalOf } from "@/api/problem";
import { onOneLine } from "@/lib/foreign";
import { sentenceOf } from "@/lib/sentence";
import { Button, IconButton } from "@/ui/button";
import { accept, type Completion, columnOf, complete, type KnownValues, type Suggestion } from "./complete";
import { SearchHelp } from "./search-help";

/** Give it the query as its `key`, so that it begins anew when the address of the page changes. */
export function SearchBox({
  label,
  query,
  pointer,
  error,
  known,
  saved = [],
  onSearch,
}: {
  label: string;
  query: string;
  /** What the query is called in refusals: `/q` or `/where`. */
  pointer: string;
  error: Error | null;
  known: KnownValues;
  saved?: Suggestion[];
  onSearch: (query: string) => void;
}) {
  const [text, setText] = useState(query);
  const [completion, setCompletion] = useState<Completion>();
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const message = refusalOf(error)?.field(pointer);
  const open = completion !== undefined;

  function close() {
    setCompletion(undefined);
    setActive(-1);
  }
  function suggest(value: string, cursor: number) {
    setCompletion(complete(value, cursor, known, saved));
    setActive(-1);
  }
  function take(suggestion: Suggestion) {
    if (!completion) return;
    const [next, cursor] = accept(text, completion, suggestion);
    setText(next);
    // The input has the text only once it is drawn.
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(cursor, cursor);
    });
    if (next.startsWith("@")) {
      close();
      onSearch(next.trim());
    } else suggest(next, cursor);
  }
  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const count = completion?.suggestions.length ?? 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) suggest(text, event.currentTarget.selectionStart ?? text.length);
      else
        setActive(
          (active +
            (event.key === "ArrowDown" ? 1 : count) +
            (active < 0 && event.key === "ArrowUp" ? 1 : 0)) %
            count,
        );
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter") {
      const chosen = completion?.suggestions[active];
      if (chosen) {
        event.preventDefault();
        take(chosen);
      }
    }
  }
  return (
    <search className="min-w-0 grow">
      <form
        className="flex min-w-0 flex-wrap items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          close();
          onSearch(text.trim());
        }}
      >
        <div className="relative min-w-60 grow">
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label={label}
            aria-expanded={open}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
            aria-invalid={message ? true : undefined}
            aria-describedby={message ? `${id}-error` : undefined}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={2_000}
            placeholder="All hosts; or for example  port:443 product:nginx"
            className="field min-h-9 pr-9 font-mono"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              suggest(event.target.value, event.target.selectionStart ?? event.target.value.length);
            }}
            onKeyDown={onKeyDown}
            onBlur={close}
          />
          {text && (
            <span className="absolute top-1 right-1">
              <IconButton
                label="Clear the query"
                icon={<X size={14} aria-hidden />}
                onClick={() => {
                  setText("");
                  onSearch("");
                }}
              />
            </span>
          )}
          <ul
            id={`${id}-list`}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the list of a combobox.
            role="listbox"
            aria-label="Completions"
            hidden={!open}
            className="absolute top-full z-20 mt-1 max-h-72 w-full max-w-lg overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-lg"
          >
            {completion?.suggestions.map((suggestion, place) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the input, which keeps the focus.
              <li
                key={suggestion.text}
                id={`${id}-${place}`}
                // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: an option of a combobox.
                role="option"
                aria-selected={place === active}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => take(suggestion)}
                className="flex min-h-7 cursor-pointer items-center justify-between gap-4 rounded px-2 py-1 hover:bg-raised aria-selected:bg-accent-soft"
              >
                <bdi className="foreign truncate font-mono">{onOneLine(suggestion.text)}</bdi>
                <span className="truncate text-xs text-muted">{suggestion.note}</span>
              </li>
            ))}
          </ul>
        </div>
        <Button type="submit" look="primary" icon={<Search size={15} aria-hidden />}>
          Search
        </Button>
        <SearchHelp onPick={onSearch} />
      </form>
      {message && <Mistake id={`${id}-error`} query={query} message={message} />}
      {error && !message && <p className="mt-2 font-medium text-danger">{sentenceOf(error)}</p>}
    </search>
  );
}

/** The query with a sign under the place of its mistake. */
function Mistake({ id, query, message }: { id: string; query: string; message: string }) {
  const column = columnOf(message);
  const letters = Array.from(query);
  const begin = column === undefined ? 0 : Math.max(0, column - 60);
  return (
    <div id={id} role="alert" className="mt-2 min-w-0 rounded-md bg-danger-soft p-2 text-danger">
      {column !== undefined && (
        <pre className="overflow-x-auto font-mono text-sm" aria-hidden>
          {begin > 0 && "…"}
          {onOneLine(letters.slice(begin, column + 60).join(""))}
          {"\n"}
          {" ".repeat(column - begin + (begin > 0 ? 1 : 0))}^
        </pre>
      )}
      <p className="foreign font-medium">{message}</p>
    </div>
  );
}
