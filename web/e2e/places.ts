// All pages there are, as the router knows them, with what their parameters stand for in a test.
import { readFileSync } from "node:fs";

/** What `$scan` and the like stand for. */
export type Things = Record<"project" | "scan" | "host" | "address" | "template", string>;

/** Pages for those who are not signed in; the others are behind the sign-in. */
const outside = ["/sign-in", "/setup"];

/** Every page behind the sign-in. One that is added is among them at once. */
export function places(things: Things): string[] {
  const generated = readFileSync(new URL("../src/routes.gen.ts", import.meta.url), "utf8");
  const known = generated.match(/export interface FileRoutesByFullPath \{([^}]*)\}/)?.[1] ?? "";
  const paths = [...known.matchAll(/"(\/[^"]*)":/g)].map(([, path]) => (path ?? "").replace(/(.)\/$/, "$1"));
  return [...new Set(paths)]
    .filter((path) => !outside.includes(path))
    .map((path) =>
      path.replace(/\$(\w+)/g, (_, name: string) => {
        const thing = things[name as keyof Things];
        if (!thing) throw new Error(`the test knows no ${name} for ${path}`);
        return encodeURIComponent(thing);
      }),
    );
}
