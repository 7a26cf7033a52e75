// Writes a template: its name, what it is for, and its text with what is wrong shown as one types.
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { useRefusal } from "@/api/session";
import { CodeArea, goTo } from "@/ui/code-area";
import { Confirm } from "@/ui/dialog";
import { Field, TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { Card } from "@/ui/page";
import { useSettled } from "@/ui/settled";
import { submitting } from "@/ui/submitting";
import { validationQuery } from "./queries";
import { Words } from "./words";

/** What is written, and what becomes of it. */
export interface Draft {
  name: string;
  description: string;
  body: string;
}

export function TemplateForm({
  draft,
  action,
  save,
  isSaving,
  error,
  onCancel,
}: {
  draft: Draft;
  /** What the button says, a verb. */
  action: string;
  save: (draft: Draft) => void;
  isSaving: boolean;
  error: Error | null;
  onCancel: () => void;
}) {
  const refusal = useRefusal("scan");
  const [body, setBody] = useState(draft.body);
  const area = useRef<HTMLTextAreaElement>(null);
  const settled = useSettled(body);
  const { data: validation } = useQuery(validationQuery(settled));
  const problems = validation?.problems ?? [];
  const refused = refusalOf(error);
  const blocker = useBlocker({
    shouldBlockFn: () => body !== draft.body,
    enableBeforeUnload: () => body !== draft.body,
    withResolver: true,
  });
  const submit = submitting((form) => {
    const text = (name: string) => String(form.get(name) ?? "").trim();
    save({ name: text("name"), description: text("description"), body });
  });
  return (
    <form onSubmit={submit} className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <Card>
        <div className="flex flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Name"
              name="name"
              required
              defaultValue={draft.name}
              autoComplete="off"
              hint="By which scans ask for it, such as weekly"
              error={refused?.field("/name")}
            />
            <TextField
              label="What it is for (optional)"
              name="description"
              defaultValue={draft.description}
              autoComplete="off"
              error={refused?.field("/description")}
            />
          </div>
          <Field
            label="Text, in YAML"
            hint="Tab indents. To go on to the next field press Escape, then Tab."
            error={problems.length === 0 ? refused?.field("/body") : undefined}
          >
            {(wiring) => (
              <CodeArea
                {...wiring}
                aria-invalid={problems.length > 0 || wiring["aria-invalid"]}
                ref={area}
                value={body}
                onChange={setBody}
                marks={problems}
              />
            )}
          </Field>
          <FormEnd
            complaint={unplaced(error, ["/name", "/description", "/body"])}
            busy={isSaving}
            reason={refusal ?? (problems.length > 0 ? "mend the mistakes first" : undefined)}
            onCancel={onCancel}
          >
            {action}
          </FormEnd>
        </div>
      </Card>
      <div className="flex flex-col gap-4">
        <Mistakes
          validation={validation}
          go={(line, column) => area.current && goTo(area.current, line, column)}
        />
        <Words />
      </div>
      {blocker.status === "blocked" && (
        <Confirm
          title="Discard what you have written?"
          action="Discard it"
          onClose={blocker.reset}
          act={async () => blocker.proceed()}
        >
          The text of the template is not saved. If you go on, what you changed in it is lost.
        </Confirm>
      )}
    </form>
  );
}

/** What is wrong, or what was found when nothing is. */
function Mistakes({
  validation,
  go,
}: {
  validation: Schemas["Validation"] | undefined;
  go: (line: number, column: number) => void;
}) {
  return (
    <Card title="What was found">
      <div role="status">{validation ? found(validation, go) : <p className="text-muted">Looking …</p>}</div>
    </Card>
  );
}

function found(
  { valid, problems, parameters }: Schemas["Validation"],
  go: (line: number, column: number) => void,
): ReactNode {
  if (valid)
    return (
      <>
        <p className="font-medium text-good">Nothing is wrong with it.</p>
        <p className="mt-1">
          {parameters.length > 0 ? `Parameters: ${parameters.join(", ")}` : "It has no parameters."}
        </p>
      </>
    );
  return (
    <ul className="flex flex-col gap-2">
      {problems.map(({ line, column, message }) => (
        <li key={`${line}:${column}:${message}`} className="foreign">
          {line > 0 && (
            <button type="button" className="link mr-1 min-h-6" onClick={() => go(line, column)}>
              Line {line}
            </button>
          )}
          <span className="text-danger">{message}</span>
        </li>
      ))}
    </ul>
  );
}
