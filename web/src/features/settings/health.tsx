// Whether the server can work, and what to do when it cannot.
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { Badge } from "@/ui/badge";
import { Waiting } from "@/ui/empty";
import { Card } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { type HealthCheck, healthQuery } from "./queries";

const names: Record<string, string> = {
  database: "Database",
  runner: "Runner of scans",
  disk: "Disk",
  events: "Live events",
};

const remedies: Record<string, string> = {
  database:
    "Look whether the database runs and the server may reach it. Nothing is lost; scans go on when it is back.",
  runner: "Install nmap on the server's machine, and let the server run it. Scans wait until then.",
  disk: "Free space where the server keeps its artifacts, or remove scans that nobody needs.",
  events: "Pages are told of changes late. Look how busy the machine is.",
};

export function HealthCard() {
  const { data: health, error, refetch } = useQuery(healthQuery);
  return (
    <Card
      title="Health of the server"
      actions={
        health && (
          <Badge tone={health.ready ? "good" : "bad"}>{health.ready ? "Can work" : "Cannot work"}</Badge>
        )
      }
    >
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {!health && !error && <Waiting what="Asking the server how it is" />}
      {health && (
        <div className="flex flex-col gap-3">
          <ul className="flex flex-col gap-3">
            {health.checks.map((check) => (
              <Check key={check.name} check={check} />
            ))}
          </ul>
          {health.version && <p className="text-muted">NetScan {health.version}</p>}
        </div>
      )}
    </Card>
  );
}

function Check({ check: { name, ok, detail } }: { check: HealthCheck }) {
  return (
    <li className="flex gap-2">
      {ok ? (
        <CircleCheck size={18} role="img" aria-label="well" className="mt-0.5 shrink-0 text-good" />
      ) : (
        <CircleX size={18} role="img" aria-label="not well" className="mt-0.5 shrink-0 text-bad" />
      )}
      <div className="min-w-0">
        <p className="foreign">
          <span className="font-medium">{names[name] ?? name}</span>: {detail}
        </p>
        {!ok && remedies[name] && <p className="text-muted">{remedies[name]}</p>}
      </div>
    </li>
  );
}
