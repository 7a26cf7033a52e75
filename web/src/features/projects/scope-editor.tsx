// What a project may touch, and by whose leave.
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { ShieldBan, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { refusalOf } from "@/api/problem";
import { useRefusal } from "@/api/session";
import { zone } from "@/lib/moments";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { CheckField, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { say } from "@/ui/toast";
import { type ScopeAsSeen, scopeQuery } from "./queries";
import {
  type DraftLeave,
  type DraftRule,
  type DraftScope,
  draftOf,
  moved,
  newLeave,
  newRule,
  scopeOf,
} from "./scope-draft";
import { RuleFields } from "./scope-rule";
import { ScopeTry } from "./scope-try";

export function ScopeEditor({ reference, project }: { reference: string; project: string }) {
  const { data: seen, refetch } = useSuspenseQuery(scopeQuery(reference));
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <Editor
        // Another state of the scope begins a new draft.
        key={seen.tag}
        reference={reference}
        seen={seen}
        onLookAgain={() => void refetch()}
      />
      <ScopeTry project={project} />
    </div>
  );
}

function Editor({
  reference,
  seen,
  onLookAgain,
}: {
  reference: string;
  seen: ScopeAsSeen;
  onLookAgain: () => void;
}) {
  const [draft, setDraft] = useState(() => draftOf(seen.scope));
  const client = useQueryClient();
  const refusal = useRefusal("scope");
  const scope = scopeOf(draft, seen.scope);
  const isChanged = JSON.stringify(scope) !== JSON.stringify(scopeOf(draftOf(seen.scope), seen.scope));
  const save = useMutation({
    mutationFn: () =>
      answer(
        api.PUT("/projects/{id}/scope", {
          params: { path: { id: reference }, header: { "If-Match": seen.tag } },
          body: scope,
        }),
      ),
    onSuccess: async () => {
      say("Saved the scope; it holds at once");
      await client.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  const refused = refusalOf(save.error);
  const wrong = (pointer: string) => refused?.field(pointer);
  function put(part: Partial<DraftScope>) {
    save.reset();
    setDraft({ ...draft, ...part });
  }
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Rules rules={draft.rules} onChange={(rules) => put({ rules })} refusal={refusal} wrong={wrong} />
      <Leave leave={draft.leave} onChange={(leave) => put({ leave })} refusal={refusal} wrong={wrong} />
      {refused?.status === 412 ? (
        <div role="alert" className="flex flex-wrap items-center gap-3">
          <Complaint text="Somebody else changed the scope meanwhile." />
          <Button small onClick={onLookAgain}>
            Look at theirs, and lose mine
          </Button>
        </div>
      ) : (
        <Complaint text={save.error && !refused?.problem.errors?.length ? save.error.message : undefined} />
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          look="primary"
          busy={save.isPending}
          reason={refusal ?? (isChanged ? undefined : "nothing is changed")}
          onClick={() => save.mutate()}
        >
          Save the scope
        </Button>
        {isChanged && <Button onClick={() => put(draftOf(seen.scope))}>Undo the changes</Button>}
        {refusal && <span className="text-xs text-muted">{refusal}</span>}
      </div>
    </div>
  );
}

function Rules({
  rules,
  onChange,
  refusal,
  wrong,
}: {
  rules: DraftRule[];
  onChange: (rules: DraftRule[]) => void;
  refusal: string | undefined;
  wrong: (pointer: string) => string | undefined;
}) {
  const add = (effect: "allow" | "deny") => onChange([...rules, newRule(effect)]);
  return (
    <Card
      title="Rules"
      actions={
        <>
          <Button
            small
            reason={refusal}
            icon={<ShieldCheck size={14} aria-hidden />}
            onClick={() => add("allow")}
          >
            Allow
          </Button>
          <Button
            small
            reason={refusal}
            icon={<ShieldBan size={14} aria-hidden />}
            onClick={() => add("deny")}
          >
            Deny
          </Button>
        </>
      }
    >
      <p className="mb-3 text-muted">
        What is denied is never scanned, whatever is allowed and in whatever order the rules stand. Without a
        rule that allows, everything is allowed that is not denied.
      </p>
      {rules.length === 0 ? (
        <p>There are no rules: everything may be scanned.</p>
      ) : (
        <ol className="flex flex-col gap-3">
          {rules.map((rule, index) => (
            <RuleFields
              key={rule.key}
              rule={rule}
              number={index + 1}
              refusal={refusal}
              wrong={(field) => wrong(`/rules/${index}/${field}`)}
              onChange={(next) => onChange(rules.with(index, next))}
              onRemove={() => onChange(rules.toSpliced(index, 1))}
              onUp={index > 0 ? () => onChange(moved(rules, index, -1)) : undefined}
              onDown={index < rules.length - 1 ? () => onChange(moved(rules, index, 1)) : undefined}
            />
          ))}
        </ol>
      )}
    </Card>
  );
}

function Leave({
  leave,
  onChange,
  refusal,
  wrong,
}: {
  leave: DraftLeave | undefined;
  onChange: (leave: DraftLeave | undefined) => void;
  refusal: string | undefined;
  wrong: (pointer: string) => string | undefined;
}) {
  const field = (name: keyof DraftLeave) => ({
    value: leave?.[name] ?? "",
    readOnly: Boolean(refusal),
    error: wrong(`/authorisation/${name}`),
    onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
      onChange({ ...(leave ?? newLeave), [name]: event.target.value }),
  });
  return (
    <Card title="By whose leave">
      <div className="flex flex-col gap-4">
        <CheckField
          label="Somebody has to have allowed it"
          hint="Outside the time that they allow, nothing is planned and nothing is run"
          checked={leave !== undefined}
          disabled={Boolean(refusal)}
          onChange={(event) => onChange(event.target.checked ? newLeave : undefined)}
        />
        {leave && (
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Who allowed it"
              maxLength={200}
              placeholder="Ines Roth, head of IT"
              {...field("authorised_by")}
            />
            <TextField
              label="Where that can be looked up"
              maxLength={200}
              placeholder="SEC-231"
              {...field("ticket")}
            />
            <TextField
              label="From"
              type="datetime-local"
              hint={`Optional; ${zone()}`}
              {...field("valid_from")}
            />
            <TextField
              label="Until before"
              type="datetime-local"
              hint={`Optional; ${zone()}`}
              {...field("valid_until")}
            />
          </div>
        )}
        <Complaint text={leave ? undefined : wrong("/authorisation")} />
      </div>
    </Card>
  );
}
