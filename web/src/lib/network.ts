// Addresses as numbers, and the networks around them.

interface Bits {
  bits: bigint;
  /** 32 or 128. */
  width: number;
}

function read4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((bits, part) => bits * 256n + BigInt(part), 0n);
}

function read6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined) => (half ? half.split(":") : []);
  const [head, tail] = [groups(halves[0]), groups(halves[1])];
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return undefined;
  const all = [...head, ...Array<string>(gap).fill("0"), ...tail];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((bits, group) => bits * 65_536n + BigInt(`0x${group}`), 0n);
}

function bitsOf(address: string): Bits | undefined {
  const four = read4(address);
  if (four !== undefined) return { bits: four, width: 32 };
  const six = read6(address);
  return six === undefined ? undefined : { bits: six, width: 128 };
}

function write({ bits, width }: Bits): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((by) => (bits >> by) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, nth) =>
    ((bits >> BigInt(112 - 16 * nth)) & 65_535n).toString(16),
  );
  // The longest run of zeros is left out (RFC 5952).
  const text = groups.join(":");
  const runs = [...text.matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)];
  const longest = runs.sort(([one], [other]) => other.length - one.length)[0];
  if (!longest) return text;
  const [before, behind] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${before.replace(/:$/, "")}::${behind.replace(/^:/, "")}`;
}

/** How many bits an address of this family has; nothing when it is none. */
export function widthOf(address: string): number | undefined {
  return bitsOf(address)?.width;
}

/** The network of this length that an address is in, such as `192.0.2.0/24`. */
export function networkOf(address: string, prefix: number): string {
  const read = bitsOf(address);
  if (!read) return `${address}/${prefix}`;
  const free = BigInt(read.width - prefix);
  return `${write({ ...read, bits: (read.bits >> free) << free })}/${prefix}`;
}

/** `192.0.2.0/24` in its parts. */
export function parsedNetwork(text: string): { address: string; prefix: number } | undefined {
  const [address, length, ...more] = text.split("/");
  const width = address === undefined ? undefined : widthOf(address);
  const prefix = length === undefined ? width : Number(length);
  if (address === undefined || width === undefined || prefix === undefined || more.length > 0)
    return undefined;
  return Number.isInteger(prefix) && prefix >= 0 && prefix <= width ? { address, prefix } : undefined;
}

/** The smallest network that holds a network, an address, or a range such as `192.0.2.3-192.0.2.9`. */
export function covering(text: string): string | undefined {
  const [from, to] = text.split("-");
  if (to === undefined) {
    const network = parsedNetwork(text);
    return network && networkOf(network.address, network.prefix);
  }
  const [first, last] = [bitsOf(from ?? ""), bitsOf(to)];
  if (!first || !last || first.width !== last.width) return undefined;
  const differing = (first.bits ^ last.bits).toString(2).replace(/^0$/, "").length;
  return networkOf(to, first.width - differing);
}

/** The last address of a network. */
export function lastOf(address: string, prefix: number): string {
  const read = bitsOf(address);
  if (!read) return address;
  const free = BigInt(read.width - prefix);
  return write({ ...read, bits: read.bits | ((1n << free) - 1n) });
}

/** Whether an address is in a range such as `192.0.2.3-192.0.2.9`, a network, or is the one that is named. */
export function isWithin(address: string, range: string): boolean {
  const own = bitsOf(address.split("%")[0] ?? "");
  const [from = "", to] = range.split("-");
  const network = parsedNetwork(from);
  if (!own || !network) return false;
  const first = bitsOf(networkOf(network.address, network.prefix).split("/")[0] ?? "");
  const last = bitsOf(to ?? lastOf(network.address, network.prefix));
  if (first?.width !== own.width || last?.width !== own.width) return false;
  return first.bits <= own.bits && own.bits <= last.bits;
}
