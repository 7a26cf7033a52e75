// The typed client of the API, made from docs/openapi.json.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema";
import { type Problem, Refused, Unreachable } from "./problem";

/** The bodies of the API by their names. */
export type Schemas = components["schemas"];

/** Where the operations are. */
export const base = "/api/v1";

/** No foreign page can send this header, so the server takes the session's cookie with it. */
export const mark = { "X-Netscan": "1" };

export const api = createClient<paths>({ baseUrl: base, headers: mark });

/** The body of an answer; throws [`Refused`] or [`Unreachable`] when there is none. */
export async function answer<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Unreachable(cause);
  });
  if (!response.ok) throw new Refused(problemOf(error, response));
  // Answers without a body have the type `never`, and nobody looks at it.
  return data as T;
}

/** The address of something that is downloaded, not read by the UI. */
export function href(path: string, query: Record<string, string | boolean | undefined> = {}): string {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined);
  const said = asked.map(([name, value]) => [name, String(value)]);
  const search = new URLSearchParams(said).toString();
  return `${base}${path}${search && `?${search}`}`;
}

/** The problem of an answer that is not ours, such as a proxy's, is made from its status. */
export function problemOf(body: unknown, response: Response): Problem {
  if (typeof body === "object" && body !== null && "status" in body && "detail" in body)
    return body as Problem;
  const unavailable = [502, 503, 504].includes(response.status);
  const detail = unavailable
    ? "The server is not there at the moment."
    : `The server answered ${response.status} ${response.statusText}`.trim();
  return { type: "about:blank", title: response.statusText, status: response.status, detail };
}
