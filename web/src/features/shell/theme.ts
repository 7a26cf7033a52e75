// Light or dark: as the system has it, until one chooses.
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

/** What one chose; `system` follows the machine. */
export type ThemeChoice = Theme | "system";

const system = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

function chosen(): ThemeChoice {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

function current(): Theme {
  const choice = chosen();
  if (choice !== "system") return choice;
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

/** `theme.js` puts the choice on again when a page is opened. */
function choose(choice: ThemeChoice) {
  if (choice === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("theme");
  } else {
    document.documentElement.dataset.theme = choice;
    localStorage.setItem("theme", choice);
  }
  for (const tell of watchers) tell();
}

/** The theme, and what turns it over. */
export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(watch, current);
  return [theme, () => choose(theme === "dark" ? "light" : "dark")];
}

/** What was chosen, and what chooses. */
export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  return [useSyncExternalStore(watch, chosen), choose];
}
