// Leaves addresses alone from now on, by rules in the scope of their project, and lets them be scanned again.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useRefusal } from "@/api/session";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { say } from "@/ui/toast";
import { Trouble } from "@/ui/trouble";
import { addressCount } from "./filter";
import { changeRules, type Difficult, mark, quarantineQuery, ruleFor } from "./queries";

export function QuarantineThese({
  project,
  chosen,
  onDone,
}: {
  project: string;
  chosen: Difficult[];
  onDone: () => void;
}) {
  const [isAsking, setAsking] = useState(false);
  const refusal = useRefusal("scope");
  const add = useRules(project);
  const what = counted(addressCount(chosen), "address", "addresses");
  async function act() {
    await add.mutateAsync((rules) => {
      const denied = new Set(rules.filter(({ effect }) => effect === "deny").map(({ subject }) => subject));
      const fresh = new Map(chosen.map((one) => [one.addresses, ruleFor(one)]));
      return [...rules, ...[...fresh.values()].filter(({ subject }) => !denied.has(subject))];
    });
    say(`${what} will not be scanned any more.`);
    onDone();
  }
  return (
    <>
      <Button
        small
        reason={refusal ?? (chosen.length === 0 ? "select some first" : undefined)}
        onClick={() => setAsking(true)}
      >
        Quarantine selected
      </Button>
      {isAsking && (
        <Confirm title={`Leave ${what} alone`} action="Quarantine" act={act} onClose={() => setAsking(false)}>
          <p>
            The scope of the project {project} gets a rule for each that denies it, with the reason as its
            note. No scan of this project touches these addresses until they are released. What is running
            already with them goes on as it was planned.
          </p>
        </Confirm>
      )}
    </>
  );
}

/** What is in quarantine, and the way out. */
export function Quarantine({ project }: { project: string }) {
  const { data: rules, error, refetch } = useQuery(quarantineQuery(project));
  const refusal = useRefusal("scope");
  const change = useRules(project);
  const [released, setReleased] = useState<Schemas["Rule"]>();
  if (error) return <Trouble error={error} retry={() => void refetch()} />;
  if (!rules || rules.length === 0) return null;
  async function release(rule: Schemas["Rule"]) {
    await change.mutateAsync((all) =>
      all.filter(
        ({ effect, subject, note }) =>
          !(effect === "deny" && subject === rule.subject && note?.startsWith(mark)),
      ),
    );
    say(`${rule.subject} may be scanned again.`);
  }
  return (
    <Card title="In quarantine" flush>
      <Table
        label="Addresses in quarantine"
        head={
          <>
            <Head>Addresses</Head>
            <Head>Why</Head>
            <Head />
          </>
        }
      >
        {rules.map((rule) => (
          <tr key={`${rule.subject} ${rule.note}`}>
            <Cell className="font-mono">{rule.subject}</Cell>
            <Cell>
              <Foreign text={rule.note?.replace(new RegExp(`^${mark}:? ?`), "")} most={200} />
            </Cell>
            <Cell right>
              <Button small reason={refusal} onClick={() => setReleased(rule)}>
                Release
              </Button>
            </Cell>
          </tr>
        ))}
      </Table>
      {released && (
        <Confirm
          title={`Release ${released.subject}`}
          action="Release"
          act={() => release(released)}
          onClose={() => setReleased(undefined)}
        >
          Its rule is taken out of the scope of {project}. The next scan that has it as a target scans it
          again.
        </Confirm>
      )}
    </Card>
  );
}

function useRules(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: (rules: Schemas["Rule"][]) => Schemas["Rule"][]) => changeRules(project, change),
    onSettled: () => client.invalidateQueries({ queryKey: ["projects"] }),
  });
}
