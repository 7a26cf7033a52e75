// Numbers, sizes and durations as people read them.

const grouped = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** `12,345` */
export function number(value: number): string {
  return grouped.format(value);
}

/** `12.3K` */
export function compact(value: number): string {
  return short.format(value);
}

/** `3 hosts`, `1 host` */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** A part of one as `42 %`: never 100 before the end, and never 0 after the beginning. */
export function percent(part: number): string {
  if (part <= 0) return "0 %";
  if (part >= 1) return "100 %";
  return `${Math.min(99, Math.max(1, Math.round(part * 100)))} %`;
}

/** `1 h 4 min`, `12 s`, `340 ms` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const begin = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(begin, begin + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** `1.5 MiB` */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
