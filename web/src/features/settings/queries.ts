// What the server says of itself.
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { Unreachable } from "@/api/problem";

export const limitsQuery = queryOptions({
  queryKey: ["settings", "limits"],
  queryFn: ({ signal }) => answer(api.GET("/settings/limits", { signal })),
});

/** Something that the server looked at, and how it is. */
export interface HealthCheck {
  name: string;
  ok: boolean;
  detail: string;
}

export interface Health {
  ready: boolean;
  checks: HealthCheck[];
  version: string | undefined;
}

/** Health stands outside of the API, and a server that is not well says so with a status of 503. */
export const healthQuery = queryOptions({
  queryKey: ["settings", "health"],
  queryFn: async ({ signal }): Promise<Health> => {
    const [readiness, liveness] = await Promise.all([asked("/readyz", signal), asked("/healthz", signal)]);
    const checks = Array.isArray(readiness.checks) ? (readiness.checks as HealthCheck[]) : [];
    const version = typeof liveness.version === "string" ? liveness.version : undefined;
    return { ready: readiness.ready === true, checks, version };
  },
  refetchInterval: 15_000,
});

async function asked(address: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(address, { signal });
    return (await response.json()) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Unreachable(cause);
  }
}
