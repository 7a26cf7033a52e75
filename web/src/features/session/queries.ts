// One's own sessions in this organisation, this one among them.
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "@/api/client";

export const sessionsQuery = queryOptions({
  queryKey: ["session", "others"],
  queryFn: async ({ signal }) => (await answer(api.GET("/session/others", { signal }))).items,
});
