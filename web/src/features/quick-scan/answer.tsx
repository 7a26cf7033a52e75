// What a quick scan found: hosts with their ports, and nmap's own words.
import type { Schemas } from "@/api/client";
import { portStates } from "@/api/words";
import { counted, number } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { LinkButton } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Foreign, ForeignBlock } from "@/ui/foreign";
import { Card, Figure } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";

type Host = Schemas["Host"];

export function Answer({ result }: { result: Schemas["QuickResult"] }) {
  const up = result.hosts.filter(({ status }) => status === "up");
  const open = up.flatMap(({ ports }) => ports).filter(({ state }) => state === "open").length;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Card
        title="What was found"
        actions={
          result.scan_id && (
            <LinkButton small to="/scans/$scan" params={{ scan: result.scan_id }}>
              Open the scan
            </LinkButton>
          )
        }
        flush
      >
        <div role="status" className="flex flex-wrap gap-x-8 gap-y-3 p-4">
          <Figure name="Hosts up">{number(up.length)}</Figure>
          <Figure name="Open ports">{number(open)}</Figure>
          <Figure name="Nmap ended with">
            {result.exit_code === 0 ? "0" : result.exit_code === -1 ? "a signal" : result.exit_code}
          </Figure>
        </div>
        {up.length === 0 ? (
          <Empty title={result.exit_code === 0 ? "No host answered" : "It was ended before a host was done"}>
            {result.exit_code === 0 &&
              "Hosts that do not answer a ping are passed over; -Pn scans them nevertheless."}
          </Empty>
        ) : (
          up.map((host) => <HostPorts key={host.address} host={host} />)
        )}
      </Card>
      <Card title="In nmap's words">
        {result.stdout ? (
          <ForeignBlock text={result.stdout} />
        ) : (
          <p className="text-muted">It said nothing.</p>
        )}
      </Card>
    </div>
  );
}

function HostPorts({ host }: { host: Host }) {
  const others = host.extra_ports.map(({ state, count }) => `${number(count)} ${state}`).join(", ");
  const name = host.hostnames[0]?.name;
  return (
    <section aria-label={`Host ${host.address}`} className="border-t border-line">
      <h3 className="flex flex-wrap items-baseline gap-x-3 px-4 pt-3 font-semibold">
        <span className="num">{host.address}</span>
        <span className="font-normal text-muted">
          <Foreign text={name} />
        </span>
        {host.timed_out && <Badge tone="slow">Timed out</Badge>}
      </h3>
      {host.ports.length > 0 && (
        <Table
          label={`Ports of ${host.address}`}
          head={
            <>
              <Head>Port</Head>
              <Head>State</Head>
              <Head>Service</Head>
              <Head>Program</Head>
            </>
          }
        >
          {host.ports.map((port) => (
            <PortRow key={`${port.port}/${port.protocol}`} port={port} />
          ))}
        </Table>
      )}
      <p className="px-4 pt-1 pb-3 text-xs text-muted">
        {host.ports.length === 0 && "No port is worth a line. "}
        {others && `Not shown: ${others}`}
      </p>
    </section>
  );
}

function PortRow({ port }: { port: Schemas["Port"] }) {
  const { name, tone } = portStates[port.state];
  const { service } = port;
  const program = [service?.product, service?.version, service?.extra_info && `(${service.extra_info})`];
  return (
    <tr>
      <Cell className="num whitespace-nowrap">
        {port.port}/{port.protocol}
      </Cell>
      <Cell>
        <Badge tone={tone}>{name}</Badge>
      </Cell>
      <Cell>
        <Foreign text={service?.name} most={60} />
      </Cell>
      <Cell>
        <Foreign text={program.filter(Boolean).join(" ")} />
        {port.scripts && port.scripts.length > 0 && (
          <details className="mt-1">
            <summary className="text-xs">{counted(port.scripts.length, "script")}</summary>
            {port.scripts.map(({ id, output }) => (
              <div key={id} className="mt-2">
                <p className="text-xs font-medium">
                  <Foreign text={id} most={60} />
                </p>
                <ForeignBlock text={output} />
              </div>
            ))}
          </details>
        )}
      </Cell>
    </tr>
  );
}
