// What a browser is called by people, out of what it calls itself.

/** The more particular ones first: most call themselves what others are too. */
const browsers: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\bVersion\/(\d+).*Safari\//, "Safari"],
];

const systems: [RegExp, string][] = [
  [/Windows NT/, "Windows"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Android/, "Android"],
  [/Linux/, "Linux"],
];

/** `Firefox 129 on Linux`; what it calls itself when that is nothing we know. */
export function browserOf(agent: string): string {
  for (const [pattern, name] of browsers) {
    const version = pattern.exec(agent)?.[1];
    if (!version) continue;
    const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
    return `${name} ${version}${system ? ` on ${system}` : ""}`;
  }
  return agent || "a browser without a name";
}
