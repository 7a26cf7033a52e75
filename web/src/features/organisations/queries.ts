// What the server knows of organisations.
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "@/api/client";

export const organisationsQuery = queryOptions({
  queryKey: ["organisations"],
  queryFn: async ({ signal }) => (await answer(api.GET("/organisations", { signal }))).items,
});
