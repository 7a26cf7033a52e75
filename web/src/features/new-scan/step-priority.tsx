// The second step: what to leave out, what the project allows, and what is more urgent than the rest.
import type { Schemas } from "@/api/client";
import { LinkButton } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { Card } from "@/ui/page";
import { Time } from "@/ui/time";
import { Trouble } from "@/ui/trouble";
import type { Around } from "./around";
import type { Change, Draft } from "./draft";
import { Expansion } from "./expansion";
import type { Preview } from "./preview";
import { Priorities } from "./priorities";

export function PriorityStep({
  draft,
  change,
  around,
  preview,
  wrong,
}: {
  draft: Draft;
  change: Change;
  around: Around;
  preview: Preview;
  wrong: (pointer: string) => string | undefined;
}) {
  const project = around.projects.find(({ name }) => name === draft.project);
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Leave out">
          <TextArea
            label="What is not to be scanned"
            hint="Written like targets; none of it gets a packet"
            className="font-mono"
            rows={4}
            placeholder="192.0.2.13"
            value={draft.excludes}
            error={wrong("/excludes") ?? preview.excludesError}
            onChange={(event) => change({ excludes: event.target.value })}
          />
        </Card>
        <ProjectScope project={project} />
        {draft.source !== "search" && draft.source !== "template" && (
          <Card title="What is left to scan">
            {preview.error && !preview.excludesError ? (
              <Trouble error={preview.error} retry={preview.retry} />
            ) : preview.expanded ? (
              <Expansion expanded={preview.expanded} onMore={preview.more} />
            ) : (
              <p className="text-muted">Nothing yet.</p>
            )}
          </Card>
        )}
      </div>
      <Priorities draft={draft} change={change} around={around} error={wrong("/priority")} />
    </div>
  );
}

function ProjectScope({ project }: { project: Schemas["ProjectBody"] | undefined }) {
  const rules = project?.scope.rules ?? [];
  const allowed = rules.filter(({ effect }) => effect === "allow");
  const denied = rules.filter(({ effect }) => effect === "deny");
  const by = project?.scope.authorisation;
  return (
    <Card
      title="What the project allows"
      actions={
        project && (
          <LinkButton small to="/projects/$project/scope" params={{ project: project.name }}>
            Open the scope
          </LinkButton>
        )
      }
    >
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="font-medium">Allowed</dt>
          <dd>
            {allowed.length === 0 ? "Everything that is not denied" : <Subjects rules={onceEach(allowed)} />}
          </dd>
        </div>
        <div>
          <dt className="font-medium">Denied, whatever is allowed</dt>
          <dd>{denied.length === 0 ? "Nothing" : <Subjects rules={onceEach(denied)} />}</dd>
        </div>
        {by && (
          <div>
            <dt className="font-medium">By whose leave</dt>
            <dd>
              {by.authorised_by}
              {by.ticket && `, ${by.ticket}`}
              {by.valid_until && (
                <>
                  , until <Time at={by.valid_until} exact />
                </>
              )}
            </dd>
          </div>
        )}
      </dl>
    </Card>
  );
}

/** Rules with different dates may be about the same. */
function onceEach(rules: Schemas["Rule"][]): Schemas["Rule"][] {
  return [...new Map(rules.map((rule) => [rule.subject, rule])).values()];
}

function Subjects({ rules }: { rules: Schemas["Rule"][] }) {
  const most = 12;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {rules.slice(0, most).map(({ subject, note }) => (
        <li key={subject} title={note ?? undefined} className="foreign rounded bg-raised px-1.5 font-mono">
          {subject}
        </li>
      ))}
      {rules.length > most && <li className="text-muted">and {rules.length - most} more</li>}
    </ul>
  );
}
