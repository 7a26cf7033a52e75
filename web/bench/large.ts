// A scan of 100,000 hosts as nmap would have written it: drawn from a seed, and imported.

import { once } from "node:events";
import { createWriteStream } from "node:fs";

export const hosts = Number(process.env.NETSCAN_BENCH_HOSTS ?? 100_000);

const services = [
  [22, "ssh", "OpenSSH", "9.2p1"],
  [80, "http", "nginx", "1.24.0"],
  [443, "https", "nginx", "1.24.0"],
  [3389, "ms-wbt-server", "Microsoft Terminal Services", ""],
  [5432, "postgresql", "PostgreSQL DB", "15.4"],
  [25, "smtp", "Postfix smtpd", ""],
] as const;

/** Writes the file. Every hundredth host runs something rare. */
export async function writeLarge(path: string): Promise<void> {
  const file = createWriteStream(path);
  const write = async (text: string) => {
    if (!file.write(text)) await once(file, "drain");
  };
  const begin = 1_770_000_000;
  await write(
    `<?xml version="1.0"?>\n<nmaprun scanner="nmap" args="nmap -sS -sV -oX - 10.0.0.0/15" start="${begin}" version="7.93" xmloutputversion="1.05">\n` +
      '<scaninfo type="syn" protocol="tcp" numservices="1000" services="1-1000,3389,5432"/>\n',
  );
  let seed = 20_261_121;
  const dice = (sides: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 16) % sides;
  };
  for (let index = 0; index < hosts; index += 1) {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const open = services.filter(() => dice(3) === 0);
    const rare =
      index % 100 === 7
        ? '<port protocol="tcp" portid="8443"><state state="open" reason="syn-ack"/><service name="https-alt" product="Rare Appliance" method="probed" conf="10"/></port>'
        : "";
    const ports = open.map(
      ([port, name, product, version]) =>
        `<port protocol="tcp" portid="${port}"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="${name}" product="${product}"${version && ` version="${version}"`} method="probed" conf="10"/></port>`,
    );
    await write(
      `<host starttime="${begin + index}" endtime="${begin + index}"><status state="up" reason="echo-reply"/><address addr="${address}" addrtype="ipv4"/>` +
        `<hostnames><hostname name="host-${index}.branch-${index % 40}.example.com" type="PTR"/></hostnames>` +
        `<ports><extraports state="closed" count="${1_002 - ports.length}"/>${rare}${ports.join("")}</ports></host>\n`,
    );
  }
  await write(
    `<runstats><finished time="${begin + hosts}" exit="success"/><hosts up="${hosts}" down="0" total="${hosts}"/></runstats>\n</nmaprun>\n`,
  );
  file.end();
  await once(file, "finish");
}
