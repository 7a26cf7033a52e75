// Tries out what the saved scope of a project lets through.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { counted } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { PartsBar } from "@/ui/chart";
import { Complaint } from "@/ui/complaint";
import { TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { useSettled } from "@/ui/settled";

export function ScopeTry({ project }: { project: string }) {
  const [text, setText] = useState("");
  const settled = useSettled(text.trim());
  const tried = useQuery({
    // Under the project, so that a change of its scope asks again.
    queryKey: ["projects", project, "scope", "try", settled],
    queryFn: ({ signal }) =>
      answer(
        api.POST("/targets/expand", { body: { project, targets: settled, excludes: [], limit: 1 }, signal }),
      ),
    enabled: settled !== "",
    placeholderData: keepPreviousData,
  });
  return (
    <Card title="Try it out">
      <div className="flex flex-col gap-4">
        <TextField
          label="May this be scanned?"
          className="font-mono"
          placeholder="10.0.0.5"
          hint="An address, a network or a name, held against the scope as it is saved"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div role="status" className="flex flex-col gap-3">
          <Complaint text={tried.error?.message} />
          {settled && tried.data && <Verdict expanded={tried.data} />}
        </div>
      </div>
    </Card>
  );
}

function Verdict({ expanded }: { expanded: Schemas["ExpandedTargets"] }) {
  const { count, excluded, out_of_scope, names, rejected } = expanded;
  const whole = count + excluded + out_of_scope;
  return (
    <>
      {rejected.map(({ line, column, text, reason }) => (
        <p key={`${line}:${column}`} className="font-medium text-danger">
          <Foreign text={text} most={60} /> {reason}
        </p>
      ))}
      {whole > 0 && (
        <p>
          {count === whole ? (
            <Badge tone="good">Yes</Badge>
          ) : count > 0 ? (
            <Badge tone="slow">In part</Badge>
          ) : (
            <Badge tone="bad">No</Badge>
          )}{" "}
          {sentence(expanded)}
        </p>
      )}
      {whole > 1 && (
        <PartsBar
          label="What may be scanned"
          parts={[
            { name: "May be scanned", value: count, colour: "--color-fill-up" },
            { name: "Denied", value: excluded, colour: "--color-fill-excluded" },
            { name: "Not allowed", value: out_of_scope, colour: "--color-fill-out_of_scope" },
          ]}
        />
      )}
      {names.length > 0 && (
        <p>
          {counted(names.length, "name")} may be looked up. The addresses that are found are held against the
          rules when a scan is made.
        </p>
      )}
      {whole === 0 && names.length === 0 && rejected.length === 0 && (
        <p>
          <Badge tone="bad">No</Badge> Nothing of it may be scanned.
        </p>
      )}
    </>
  );
}

function sentence({ count, excluded, out_of_scope }: Schemas["ExpandedTargets"]): string {
  if (excluded === 0 && out_of_scope === 0)
    return count === 1 ? "It may be scanned." : "All of it may be scanned.";
  if (count > 0) return `${counted(count, "address", "addresses")} may be scanned, the others not.`;
  if (out_of_scope === 0) return "A rule denies it.";
  if (excluded === 0) return "No rule allows it, or nobody allows it at this time.";
  return "Some of it is denied, and the rest is not allowed.";
}
