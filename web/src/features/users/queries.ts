// What the server knows of users.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";

export type User = Schemas["UserBody"];

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async ({ signal }) => (await answer(api.GET("/users", { signal }))).items,
});

/** What is null stays as it is. */
export const unchanged = {
  display_name: null,
  has_totp: null,
  is_disabled: null,
  password: null,
  role: null,
} satisfies Schemas["UpdateUser"];
