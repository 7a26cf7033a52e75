// What can stand in a template, beside where it is written.
import { Card } from "@/ui/page";

const fields: [string, string][] = [
  ["name", "what the scan is called"],
  ["description, notes", "what is noted about it"],
  ["parameters", "what differs: type (string, integer, boolean, targets), required, default, description"],
  ["targets, excludes", "addresses, networks, ranges and names; without targets, those of the project"],
  ["profile", "quick, default or full; with it ports, top_ports, udp"],
  ["options", "nmap's own options, in place of a profile"],
  ["modules", "id, enabled and config of each"],
];

const configuration =
  "max_rate, max_duration, max_results, priority, chunk_size, concurrency, host_timeout, batch_timeout, attempts, recursion_depth";

export function Words() {
  return (
    <Card title="What can stand in it">
      <dl className="flex flex-col gap-2">
        {[...fields, ["configuration", configuration] as [string, string]].map(([name, meaning]) => (
          <div key={name}>
            <dt className="font-mono text-xs font-semibold">{name}</dt>
            <dd className="foreign text-muted">{meaning}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-3 text-muted">
        <code className="font-mono text-xs">&#36;&#123;name&#125;</code> stands for a parameter.
      </p>
    </Card>
  );
}
