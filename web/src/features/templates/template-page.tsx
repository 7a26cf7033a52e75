// The frame of one template: its name, its parts, and what can be done with it.
import { useSuspenseQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useRefusal } from "@/api/session";
import { Button } from "@/ui/button";
import { Foreign } from "@/ui/foreign";
import { Crumb, Page, Tab, Tabs } from "@/ui/page";
import { templateQuery } from "./queries";
import { RemoveTemplate } from "./remove-template";
import { UseLink } from "./use-link";

export function TemplatePage({
  id,
  onRemoved,
  children,
}: {
  id: string;
  onRemoved: () => Promise<void>;
  children: ReactNode;
}) {
  const { data: template } = useSuspenseQuery(templateQuery(id));
  const refusal = useRefusal("scan");
  const [isRemoving, setRemoving] = useState(false);
  const params = { template: id };
  return (
    <Page
      title={<Foreign text={template.name} />}
      name={template.name}
      crumbs={<Crumb to="/templates">Templates</Crumb>}
      actions={
        <>
          <Button look="danger" reason={refusal} onClick={() => setRemoving(true)}>
            Remove
          </Button>
          <UseLink template={template} />
        </>
      }
    >
      {template.description && (
        <p className="max-w-prose text-muted">
          <Foreign text={template.description} most={1_000} />
        </p>
      )}
      <Tabs label="Parts of the template">
        <Tab to="/templates/$template" params={params} activeOptions={{ exact: true, includeSearch: false }}>
          Overview
        </Tab>
        <Tab to="/templates/$template/edit" params={params}>
          Edit
        </Tab>
        <Tab to="/templates/$template/versions" params={params} activeOptions={{ includeSearch: false }}>
          Versions ({template.newest})
        </Tab>
      </Tabs>
      {children}
      {isRemoving && (
        <RemoveTemplate template={template} onRemoved={onRemoved} onClose={() => setRemoving(false)} />
      )}
    </Page>
  );
}
