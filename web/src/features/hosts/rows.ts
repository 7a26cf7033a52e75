// Hosts as rows of a table: only what is shown, so that many of them are light.
import type { Schemas } from "@/api/client";

export interface HostRow {
  /** The host's id in its scan; nothing for what all scans know. */
  id: string | undefined;
  address: string;
  name: string | undefined;
  os: string | undefined;
  vendor: string | undefined;
  /** Open ports, by number. */
  ports: RowPort[];
  timedOut: boolean;
  /** Why its open ports may not be real. */
  suspect: string | undefined;
  status: Schemas["HostStatus"];
  lastSeen: string | undefined;
  firstSeen: string | undefined;
}

export interface RowPort {
  port: number;
  protocol: Schemas["Protocol"];
  /** The service, or else the program. */
  service: string;
}

export function rowOfAsset(asset: Schemas["AssetBody"]): HostRow {
  return { ...rowOf(asset), id: undefined, lastSeen: asset.last_seen, firstSeen: asset.first_seen };
}

export function rowOfHost(host: Schemas["HostBody"]): HostRow {
  return { ...rowOf(host), id: host.id, lastSeen: host.ended_at ?? undefined, firstSeen: undefined };
}

function rowOf(host: Schemas["Host"]): Omit<HostRow, "id" | "lastSeen" | "firstSeen"> {
  return {
    address: host.address,
    name: host.hostnames?.[0]?.name,
    os: host.os?.[0]?.name,
    vendor: host.vendor ?? undefined,
    ports: openPorts(host.ports ?? []),
    timedOut: host.timed_out ?? false,
    suspect: host.suspect ?? undefined,
    status: host.status ?? "up",
  };
}

function openPorts(ports: Schemas["Port"][]): RowPort[] {
  return ports
    .filter(({ state }) => state === "open")
    .sort((a, b) => a.port - b.port)
    .map(({ port, protocol, service }) => ({
      port,
      protocol,
      service: service?.name || service?.product || "",
    }));
}
