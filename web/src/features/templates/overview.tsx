// One template: what it does, what can be filled in, and its text; also as it was in an old version.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { useRefusal } from "@/api/session";
import { Button, LinkButton } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Time } from "@/ui/time";
import { complain, say } from "@/ui/toast";
import { Parameters } from "./parameters";
import { Plan } from "./plan";
import type { Template } from "./queries";
import { TemplateText } from "./template-text";

export function Overview({ template, projects }: { template: Template; projects: string[] }) {
  return (
    <div className="flex flex-col gap-4">
      {template.version < template.newest && <OldVersion template={template} />}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Plan key={template.version} template={template} projects={projects} />
          <Card title="Parameters" flush>
            <Parameters parameters={template.parameters} />
          </Card>
        </div>
        <Card
          title={`Text of version ${template.version}`}
          actions={<Copy text={template.body} what="the text" />}
        >
          <TemplateText text={template.body} />
        </Card>
      </div>
    </div>
  );
}

/** Which version this is, and the way back to the newest one. */
function OldVersion({ template }: { template: Template }) {
  const { id, name, version, newest, versions, body } = template;
  const client = useQueryClient();
  const refusal = useRefusal("scan");
  const own = versions.find((one) => one.version === version);
  const renew = useMutation({
    mutationFn: () =>
      answer(
        api.PUT("/templates/{id}", {
          params: { path: { id }, query: { version: newest } },
          body: { name: null, description: null, body },
        }),
      ),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["templates"] });
      say(`${name} is version ${made.version} now, with the text of version ${version}`);
    },
    onError: complain,
  });
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg bg-slow-soft px-4 py-3 text-slow">
      <p>
        <span className="font-semibold">
          This is version {version} of {newest}
        </span>
        {own && (
          <>
            , made by <Foreign text={own.created_by} /> <Time at={own.created_at} />
          </>
        )}
        . Scans take the newest one.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button small busy={renew.isPending} reason={refusal} onClick={() => renew.mutate()}>
          Make this text the newest
        </Button>
        <LinkButton small to="/templates/$template" params={{ template: id }}>
          To the newest version
        </LinkButton>
      </div>
    </div>
  );
}
