// Who is signed in, and what they may do.
import { type QueryClient, queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";

export type Permission = Schemas["Permission"];

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => answer(api.GET("/session", { signal })),
  staleTime: 60_000,
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => answer(api.GET("/setup", { signal })),
});

/** Whoever is signed in: pages below the sign-in have them. */
export function useSession(): Schemas["SessionBody"] {
  return useSuspenseQuery(sessionQuery).data;
}

const why: Record<Permission, string> = {
  read: "you may not read",
  own: "you may not manage your own tokens",
  scan: "your role may not scan",
  projects: "your role may not change projects",
  scope: "only an admin may change what may be scanned",
  people: "only an admin may change who belongs to the organisation",
  audit: "your role may not read the audit log",
  settings: "only an admin may change settings",
};

/** Why one may not, for buttons; nothing when one may. */
export function useRefusal(permission: Permission): string | undefined {
  return useSession().permissions.includes(permission) ? undefined : why[permission];
}

/** Goes on in another organisation, by its name. Nothing of the one before stays in the cache. */
export async function goToOrganisation(client: QueryClient, organisation: string): Promise<void> {
  await answer(api.POST("/session/organisation", { body: { organisation } }));
  client.clear();
  await client.ensureQueryData(sessionQuery);
}
