// One rule of a scope.
import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import { useState } from "react";
import { classes } from "@/lib/classes";
import { zone } from "@/lib/moments";
import { Button, IconButton } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";
import type { DraftRule } from "./scope-draft";

export function RuleFields({
  rule,
  number,
  refusal,
  wrong,
  onChange,
  onRemove,
  onUp,
  onDown,
}: {
  rule: DraftRule;
  number: number;
  refusal: string | undefined;
  wrong: (field: string) => string | undefined;
  onChange: (rule: DraftRule) => void;
  onRemove: () => void;
  onUp: (() => void) | undefined;
  onDown: (() => void) | undefined;
}) {
  const [hasDates, setDates] = useState(Boolean(rule.from || rule.until));
  const field = (name: "subject" | "note" | "from" | "until") => ({
    value: rule[name],
    readOnly: Boolean(refusal),
    error: wrong(name),
    onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
      onChange({ ...rule, [name]: event.target.value }),
  });
  const isWrong = ["subject", "note", "from", "until", "effect"].some(wrong);
  return (
    <li
      className={classes(
        "flex flex-col gap-3 rounded-md border border-l-4 p-3",
        rule.effect === "allow" ? "border-l-good" : "border-l-bad",
        isWrong ? "border-y-danger border-r-danger" : "border-y-line border-r-line",
      )}
    >
      <div className="grid gap-3 sm:grid-cols-[7rem_minmax(0,1fr)_minmax(0,1fr)]">
        <SelectField
          label={`Rule ${number}`}
          disabled={Boolean(refusal)}
          value={rule.effect}
          error={wrong("effect")}
          onChange={(event) =>
            onChange({ ...rule, effect: event.target.value === "deny" ? "deny" : "allow" })
          }
        >
          <option value="allow">Allow</option>
          <option value="deny">Deny</option>
        </SelectField>
        <TextField
          label="What it is about"
          placeholder="192.0.2.0/24 or *.example.com"
          className="font-mono"
          autoFocus={rule.subject === "" && !refusal}
          {...field("subject")}
        />
        <TextField label="Note" placeholder="why it is there" maxLength={500} {...field("note")} />
      </div>
      {hasDates && (
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label="Holds from"
            type="datetime-local"
            hint={`Optional; ${zone()}`}
            {...field("from")}
          />
          <TextField
            label="Until before"
            type="datetime-local"
            hint={`Optional; ${zone()}`}
            {...field("until")}
          />
        </div>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2">
        {hasDates ? (
          <Button
            small
            look="quiet"
            reason={refusal}
            onClick={() => {
              onChange({ ...rule, from: "", until: "" });
              setDates(false);
            }}
          >
            Without dates
          </Button>
        ) : (
          <Button small look="quiet" reason={refusal} onClick={() => setDates(true)}>
            With dates
          </Button>
        )}
        <span className="flex gap-1">
          <IconButton
            label={`Move rule ${number} up`}
            reason={refusal ?? (onUp ? undefined : "it is the first")}
            icon={<ArrowUp size={14} aria-hidden />}
            onClick={onUp}
          />
          <IconButton
            label={`Move rule ${number} down`}
            reason={refusal ?? (onDown ? undefined : "it is the last")}
            icon={<ArrowDown size={14} aria-hidden />}
            onClick={onDown}
          />
          <IconButton
            label={`Remove rule ${number}`}
            reason={refusal}
            icon={<Trash2 size={14} aria-hidden />}
            onClick={onRemove}
          />
        </span>
      </div>
    </li>
  );
}
