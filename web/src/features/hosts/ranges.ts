// Whether an address lies in a range as the API writes it: `10.0.0.1-10.0.0.9`, `10.0.0.0/24`, or one address.

export function isWithin(address: string, range: string): boolean {
  const own = numberOf(address);
  if (!own) return false;
  const [begin = "", end] = range.split("-");
  const [first = "", mask] = begin.split("/");
  const from = numberOf(first);
  if (from?.bits !== own.bits) return false;
  if (end !== undefined) {
    const to = numberOf(end);
    return to?.bits === own.bits && from.value <= own.value && own.value <= to.value;
  }
  const shift = BigInt(own.bits - (mask === undefined ? own.bits : Number(mask)));
  return own.value >> shift === from.value >> shift;
}

interface Numbered {
  value: bigint;
  bits: 32 | 128;
}

/** An address as a number; a zone behind `%` does not count. */
function numberOf(text: string): Numbered | undefined {
  const address = text.split("%")[0] ?? "";
  if (!address.includes(":")) return v4(address);
  const [head = "", tail] = address.split("::");
  const before = groups(head);
  const behind = groups(tail ?? "");
  const missing = 8 - before.length - behind.length;
  if (missing < 0 || (tail === undefined && missing > 0)) return undefined;
  const all = [...before, ...Array<string>(missing).fill("0"), ...behind];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { value: all.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n), bits: 128 };
}

function v4(text: string): Numbered | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return { value: parts.reduce((sum, part) => (sum << 8n) + BigInt(part), 0n), bits: 32 };
}

/** The groups of one side of `::`; an IPv4 address at the end is two of them. */
function groups(side: string): string[] {
  return side
    .split(":")
    .filter(Boolean)
    .flatMap((group) => {
      const embedded = group.includes(".") ? v4(group) : undefined;
      if (!embedded) return [group];
      return [(embedded.value >> 16n).toString(16), (embedded.value & 0xffffn).toString(16)];
    });
}
