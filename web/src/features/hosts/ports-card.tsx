// The ports of a host, with what is known of the services behind them.
import type { Schemas } from "@/api/client";
import { portStates } from "@/api/words";
import { number } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";

/** More rows than this are no table to read; nmap itself counts ports that are alike. */
const most = 2_000;

export function PortsCard({ host }: { host: Schemas["Host"] }) {
  const ports = [...(host.ports ?? [])].sort(
    (a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol),
  );
  const others = host.extra_ports ?? [];
  return (
    <Card title="Ports" flush>
      {ports.length > 0 && (
        <Table
          label="Ports"
          head={
            <>
              <Head>Port</Head>
              <Head>State</Head>
              <Head>Service</Head>
              <Head>Product and version</Head>
              <Head>Reason</Head>
              <Head>CPE</Head>
            </>
          }
        >
          {ports.slice(0, most).map((port) => (
            <PortRow key={`${port.port}/${port.protocol}`} port={port} />
          ))}
        </Table>
      )}
      {ports.length > most && (
        <p className="border-t border-line px-3 py-2 text-muted">and {number(ports.length - most)} more</p>
      )}
      {others.map(({ state, count, reasons }) => (
        <p key={state} className="border-t border-line px-3 py-2 text-muted first:border-0">
          Not shown: {number(count)} {portStates[state].name} ports
          {reasons?.map(({ reason, count: many, ports: which }) => (
            <span key={reason}>
              {" "}
              · {number(many)} <Foreign text={reason} most={60} />
              {which && (
                <>
                  {" "}
                  (<Foreign text={which} most={120} />)
                </>
              )}
            </span>
          ))}
        </p>
      ))}
      {ports.length + others.length === 0 && (
        <p className="p-4 text-muted">
          {host.timed_out
            ? "nmap gave up on this host before it knew its ports."
            : "No port was looked at, or none was worth a line."}
        </p>
      )}
    </Card>
  );
}

function PortRow({ port }: { port: Schemas["Port"] }) {
  const { service, state, reason, reason_ttl, reason_address } = port;
  const word = portStates[state];
  return (
    <tr>
      <Cell className="num whitespace-nowrap">
        <span className="font-medium">{port.port}</span>
        <span className="text-muted">/{port.protocol}</span>
      </Cell>
      <Cell>
        <Badge tone={word.tone}>{word.name}</Badge>
      </Cell>
      <Cell className="min-w-28">
        <Foreign text={service?.name} most={80} />
        {service?.tunnel && (
          <span className="text-muted">
            {" "}
            in <Foreign text={service.tunnel} most={20} />
          </span>
        )}
        {service && service.method !== "probed" && <p className="text-xs text-muted">by its number alone</p>}
      </Cell>
      <Cell className="min-w-40">
        <span className="font-medium">
          <Foreign text={service?.product} />
        </span>{" "}
        <Foreign text={service?.version} />
        {service?.extra_info && (
          <p className="text-xs text-muted">
            <Foreign text={service.extra_info} />
          </p>
        )}
        {(service?.os_type || service?.device_type || service?.hostname) && (
          <p className="text-xs text-muted">
            says:{" "}
            <Foreign
              text={[service.hostname, service.os_type, service.device_type].filter(Boolean).join(", ")}
            />
          </p>
        )}
        {service?.fingerprint && (
          <p className="text-xs text-muted">It answered, but nothing that nmap knows answers like that.</p>
        )}
      </Cell>
      <Cell className="min-w-24 text-muted">
        <Foreign text={reason} most={60} />
        {reason_ttl ? <p className="text-xs">ttl {reason_ttl}</p> : null}
        {reason_address && (
          <p className="text-xs">
            from <Foreign text={reason_address} />
          </p>
        )}
      </Cell>
      <Cell className="min-w-44 font-mono text-xs">
        {service?.cpe?.map((cpe) => (
          <p key={cpe}>
            <Foreign text={cpe} most={100} />
          </p>
        ))}
      </Cell>
    </tr>
  );
}
