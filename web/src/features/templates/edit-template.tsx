// Changes a template. A text that differs is a new version.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { say } from "@/ui/toast";
import type { Template } from "./queries";
import { type Draft, TemplateForm } from "./template-form";

export function EditTemplate({ template }: { template: Template }) {
  const client = useQueryClient();
  const router = useRouter();
  // What one began with: somebody else's change in the meantime does not change what is being written.
  const [begun] = useState(template);
  const params = { template: begun.id };
  const change = useMutation({
    mutationFn: (body: Draft) =>
      answer(
        api.PUT("/templates/{id}", {
          params: { path: { id: begun.id }, query: { version: begun.newest } },
          body,
        }),
      ),
    onSuccess: async ({ name, version }) => {
      await client.invalidateQueries({ queryKey: ["templates"] });
      say(
        version > begun.newest
          ? `${name} is version ${version} now`
          : `${name} is saved; its text is the same`,
      );
    },
  });
  return (
    <TemplateForm
      draft={begun}
      action="Save"
      save={(body) =>
        change.mutate(body, {
          onSuccess: () => void router.navigate({ to: "/templates/$template", params, ignoreBlocker: true }),
        })
      }
      isSaving={change.isPending}
      error={change.error}
      onCancel={() => void router.navigate({ to: "/templates/$template", params })}
    />
  );
}
