// Short news at the edge of the page: that something was done, or why it was not.
import { useSyncExternalStore } from "react";
import { classes } from "@/lib/classes";
import { sentenceOf } from "@/lib/sentence";

interface News {
  id: number;
  text: string;
  bad: boolean;
}

let news: News[] = [];
let last = 0;
const watchers = new Set<() => void>();

function change(next: News[]) {
  news = next;
  for (const tell of watchers) tell();
}

function tell(text: string, bad: boolean) {
  const id = ++last;
  change([...news.slice(-3), { id, text, bad }]);
  setTimeout(() => change(news.filter((one) => one.id !== id)), bad ? 12_000 : 5_000);
}

/** Says that something was done. */
export function say(text: string) {
  tell(text, false);
}

/** Says why something was not done. */
export function complain(error: unknown) {
  tell(sentenceOf(error), true);
}

export function Toasts() {
  const all = useSyncExternalStore(
    (told) => {
      watchers.add(told);
      return () => watchers.delete(told);
    },
    () => news,
  );
  return (
    <div
      role="status"
      aria-live="polite"
      className="fixed right-4 bottom-4 z-50 flex max-w-[min(28rem,calc(100vw-2rem))] flex-col gap-2"
    >
      {all.map(({ id, text, bad }) => (
        <div
          key={id}
          className={classes(
            "foreign rounded-md border p-3 shadow-lg",
            bad ? "border-danger bg-danger-soft text-danger" : "border-line bg-surface",
          )}
        >
          {text}
          <button
            type="button"
            className="link ml-3"
            onClick={() => change(news.filter((one) => one.id !== id))}
          >
            Dismiss
          </button>
        </div>
      ))}
    </div>
  );
}
