// The parts of a host that its page in a scan and the page of its address have in common.
import type { Schemas } from "@/api/client";
import { Card } from "@/ui/page";
import { CertificatesCard } from "./certificates-card";
import { HostFacts, SystemsCard, TraceCard } from "./host-facts";
import { PortsCard } from "./ports-card";
import { Scripts } from "./scripts";
import { SuspectNote } from "./suspect";

export function HostDetails({ host }: { host: Schemas["Host"] }) {
  return (
    <>
      {host.suspect && <SuspectNote evidence={host.suspect} />}
      <Parts host={host} />
    </>
  );
}

function Parts({ host }: { host: Schemas["Host"] }) {
  return (
    <div className="grid min-w-0 items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(18rem,1fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <PortsCard host={host} />
        <ScriptsCard host={host} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Host">
          <HostFacts host={host} />
        </Card>
        <CertificatesCard ports={host.ports ?? []} />
        <SystemsCard host={host} />
        <TraceCard trace={host.trace} />
      </div>
    </div>
  );
}

function ScriptsCard({ host }: { host: Schemas["Host"] }) {
  const ofPorts = (host.ports ?? []).filter(({ scripts }) => scripts && scripts.length > 0);
  const own = host.scripts ?? [];
  if (ofPorts.length + own.length === 0) return null;
  return (
    <Card title="Scripts">
      <div className="flex flex-col gap-6">
        {ofPorts.map(({ port, protocol, scripts }) => (
          <section key={`${port}/${protocol}`} className="min-w-0">
            <h3 className="num mb-2 font-medium">
              Port {port}/{protocol}
            </h3>
            <Scripts scripts={scripts ?? []} />
          </section>
        ))}
        {own.length > 0 && (
          <section className="min-w-0">
            <h3 className="mb-2 font-medium">Of the host</h3>
            <Scripts scripts={own} />
          </section>
        )}
      </div>
    </Card>
  );
}
