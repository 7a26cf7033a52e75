// What the server knows of tokens. Their secrets are not among it.
import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";

export type Token = Schemas["TokenBody"];

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: async ({ signal }) => (await answer(api.GET("/tokens", { signal }))).items,
});
