// Which entries of the audit log are wanted.
import { fromLocal, toLocal } from "@/lib/local";
import { zone } from "@/lib/moments";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { askable } from "./actions";
import type { AuditFilter } from "./queries";

export function Filter({ filter, change }: { filter: AuditFilter; change: (filter: AuditFilter) => void }) {
  const submit = submitting((form) => {
    const text = (name: string) => String(form.get(name) ?? "").trim();
    change({
      actor: text("actor") || undefined,
      action: text("action") || undefined,
      from: fromLocal(text("from")),
      until: fromLocal(text("until")),
    });
  });
  const isAll = Object.values(filter).every((value) => value === undefined);
  return (
    <Card>
      <form
        onSubmit={submit}
        className="grid items-start gap-3 sm:grid-cols-2 xl:grid-cols-[1fr_1fr_1fr_1fr_auto]"
      >
        <TextField
          label="Who"
          name="actor"
          defaultValue={filter.actor}
          placeholder="user:mara"
          autoComplete="off"
          hint="user:NAME, or token:NAME"
        />
        <TextField
          label="What"
          name="action"
          defaultValue={filter.action}
          placeholder="scan"
          autoComplete="off"
          list="audit-actions"
          hint="A group, such as scan, or one, such as scan.create"
        />
        <datalist id="audit-actions">
          {askable.map((action) => (
            <option key={action} value={action} />
          ))}
        </datalist>
        <TextField
          label="From"
          name="from"
          type="datetime-local"
          defaultValue={toLocal(filter.from)}
          hint={`In your time zone, ${zone()}`}
        />
        <TextField
          label="Until"
          name="until"
          type="datetime-local"
          defaultValue={toLocal(filter.until)}
          hint="Up to then, and not then itself"
        />
        <div className="flex gap-2 xl:pt-6">
          <Button look="primary" type="submit">
            Show
          </Button>
          <Button reason={isAll ? "all entries are shown" : undefined} onClick={() => change({})}>
            Clear
          </Button>
        </div>
      </form>
    </Card>
  );
}
