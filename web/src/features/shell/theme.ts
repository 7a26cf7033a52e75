// Light or dark: as the system has it, until one chooses.
import { useSyncExternalStore } from "react";

type Theme = "light" | "dark";

const system = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

function current(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

function watch(told: () => void): () => void {
  watchers.add(told);
  system.addEventListener("change", told);
  return () => {
    watchers.delete(told);
    system.removeEventListener("change", told);
  };
}

/** The theme, and what turns it over. `theme.js` puts it on when a page is opened. */
export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(watch, current);
  function turn() {
    const next: Theme = theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    for (const tell of watchers) tell();
  }
  return [theme, turn];
}
