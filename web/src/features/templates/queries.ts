// What the server knows of templates.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { largest, whole } from "@/api/pages";

export type Template = Schemas["TemplateBody"];

export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) =>
    whole((cursor) =>
      answer(api.GET("/templates", { params: { query: { cursor, limit: largest } }, signal })),
    ),
});

/** A template at its newest version, or at the one that is asked for. */
export function templateQuery(id: string, version?: number) {
  return queryOptions({
    queryKey: ["templates", id, version ?? "newest"],
    queryFn: ({ signal }) =>
      answer(api.GET("/templates/{id}", { params: { path: { id }, query: { version } }, signal })),
  });
}

/** What is wrong with a text. The last answer stays until the next one is there. */
export function validationQuery(body: string) {
  return queryOptions({
    queryKey: ["templates", "validation", body],
    queryFn: ({ signal }) => answer(api.POST("/templates/validate", { body: { body }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}
