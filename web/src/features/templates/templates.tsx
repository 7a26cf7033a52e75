// All templates of the organisation.
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useRefusal } from "@/api/session";
import { Button, LinkButton } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { type Template, templatesQuery } from "./queries";
import { RemoveTemplate } from "./remove-template";
import { NewLink, UseLink } from "./use-link";

export function Templates() {
  const { data: templates } = useSuspenseQuery(templatesQuery);
  return (
    <Page title="Templates" actions={<NewLink />}>
      <p className="max-w-prose text-muted">
        A template is a scan with parameters for what differs from one time to the next. Each change of its
        text is a new version, and scans say from which one they were made.
      </p>
      <Card flush>
        {templates.length > 0 ? (
          <TemplateTable templates={templates} />
        ) : (
          <Empty title="No templates yet" action={<NewLink />}>
            Write one for what you scan again and again, such as a site every week.
          </Empty>
        )}
      </Card>
    </Page>
  );
}

function TemplateTable({ templates }: { templates: Template[] }) {
  const refusal = useRefusal("scan");
  const [removing, setRemoving] = useState<Template>();
  return (
    <>
      <Table
        label="Templates"
        head={
          <>
            <Head>Name</Head>
            <Head>Parameters</Head>
            <Head right>Version</Head>
            <Head>Changed</Head>
            <Head />
          </>
        }
      >
        {templates.map((template) => (
          <tr key={template.id}>
            <Cell className="min-w-52">
              <Link to="/templates/$template" params={{ template: template.id }} className="link font-medium">
                <Foreign text={template.name} />
              </Link>
              <p className="max-w-prose text-muted">
                <Foreign text={template.description} />
              </p>
            </Cell>
            <Cell>
              {template.parameters.map(({ name }) => name).join(", ") || (
                <span className="text-muted">none</span>
              )}
            </Cell>
            <Cell right>{template.version}</Cell>
            <Cell>
              <Time at={template.updated_at} />
              <p className="text-xs text-muted">
                <Foreign text={template.created_by} />
              </p>
            </Cell>
            <Cell right>
              <span className="inline-flex gap-2">
                <UseLink template={template} small />
                <LinkButton small to="/templates/$template/edit" params={{ template: template.id }}>
                  Edit
                </LinkButton>
                <Button
                  small
                  look="danger"
                  reason={refusal}
                  aria-label={`Remove ${template.name}`}
                  onClick={() => setRemoving(template)}
                >
                  Remove
                </Button>
              </span>
            </Cell>
          </tr>
        ))}
      </Table>
      {removing && <RemoveTemplate template={removing} onClose={() => setRemoving(undefined)} />}
    </>
  );
}
