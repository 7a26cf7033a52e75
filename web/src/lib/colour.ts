// Colours as canvas knows them.

/** The value of a variable such as `--color-line`: `light-dark()` is settled by the element it is on. */
export function resolvedColour(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

let turns = 0;

/** Tells when the theme is turned over: what is painted has to be painted anew. */
export function watchTheme(told: () => void): () => void {
  const turn = () => {
    turns += 1;
    told();
  };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(turn);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", turn);
  return () => {
    chosen.disconnect();
    system.removeEventListener("change", turn);
  };
}

/** How often the theme was turned over. */
export function themeTurns(): number {
  return turns;
}
