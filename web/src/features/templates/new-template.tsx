// Makes a template.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { answer, api } from "@/api/client";
import { Crumb, Page } from "@/ui/page";
import { say } from "@/ui/toast";
import { example } from "./example";
import { type Draft, TemplateForm } from "./template-form";

const draft: Draft = { name: "", description: "", body: example };

export function NewTemplate() {
  const client = useQueryClient();
  const router = useRouter();
  const create = useMutation({
    mutationFn: (body: Draft) => answer(api.POST("/templates", { body })),
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["templates"], exact: true });
      say(`${name} is made`);
    },
  });
  return (
    <Page title="New template" crumbs={<Crumb to="/templates">Templates</Crumb>}>
      <TemplateForm
        draft={draft}
        action="Create"
        save={(body) =>
          create.mutate(body, {
            onSuccess: ({ id }) =>
              void router.navigate({
                to: "/templates/$template",
                params: { template: id },
                ignoreBlocker: true,
              }),
          })
        }
        isSaving={create.isPending}
        error={create.error}
        onCancel={() => void router.navigate({ to: "/templates" })}
      />
    </Page>
  );
}
