// Asks whether the audit log is as it was written.
import { useMutation } from "@tanstack/react-query";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";

export function Verify() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={<ShieldCheck size={14} aria-hidden />} onClick={() => setOpen(true)}>
        Verify
      </Button>
      {isOpen && (
        <Dialog title="Is the log as it was written?" onClose={() => setOpen(false)} wide>
          <Question />
        </Dialog>
      )}
    </>
  );
}

function Question() {
  const [anchor, setAnchor] = useState("");
  const verify = useMutation({
    mutationFn: (anchor: string) =>
      answer(api.GET("/audit/verify", { params: { query: { anchor: anchor || undefined } } })),
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        verify.mutate(anchor.trim());
      }}
    >
      <p className="max-w-prose text-muted">
        Each entry carries a hash over itself and the hash before it. Verifying walks all of them. Whether the
        end was cut off shows only against an anchor that you kept elsewhere.
      </p>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 grow basis-72">
          <TextField
            label="Anchor (optional)"
            value={anchor}
            onChange={(event) => setAnchor(event.target.value)}
            placeholder="12:5b1c…"
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
            hint="The number of the last entry at that time, a colon, and its hash"
            error={refusalOf(verify.error)?.field("/anchor")}
          />
        </div>
        <div className="pt-6">
          <Button type="submit" busy={verify.isPending}>
            Verify
          </Button>
        </div>
      </div>
      <Complaint text={unplaced(verify.error, ["/anchor"])} />
      {verify.data && <Verdict verdict={verify.data} hadAnchor={verify.variables !== ""} />}
    </form>
  );
}

function Verdict({ verdict, hadAnchor }: { verdict: Schemas["AuditVerdict"]; hadAnchor: boolean }) {
  const { is_intact, rows, first_bad, why, head } = verdict;
  if (!is_intact)
    return (
      <div role="alert" className="flex gap-3 rounded-md bg-bad-soft p-3 text-bad">
        <ShieldAlert size={20} aria-hidden className="shrink-0" />
        <div>
          <p className="font-semibold">The log is not as it was written.</p>
          <p>
            {first_bad != null && `The first entry that is wrong is number ${first_bad}. `}
            {why}
          </p>
          <p>Keep the database as it is, and compare it with your backups and the log of the server.</p>
        </div>
      </div>
    );
  const taken = `${rows}:${head}`;
  return (
    <div role="status" className="flex flex-col gap-2">
      <p className="flex items-center gap-2 rounded-md bg-good-soft p-3 font-semibold text-good">
        <ShieldCheck size={20} aria-hidden />
        {counted(rows, "entry", "entries")} looked at: the log is as it was written
        {hadAnchor ? ", and holds all that it held at the anchor." : "."}
      </p>
      <p>Keep this anchor on paper or on another machine:</p>
      <div className="flex items-center gap-2 rounded-md bg-raised p-2">
        <code className="foreign grow font-mono text-xs">{taken}</code>
        <Copy text={taken} what="the anchor" />
      </div>
    </div>
  );
}
