// Packs what was built, once and as small as it gets, so that no server has to.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What is packed already, such as pictures and fonts, does not get smaller. */
const KINDS = /\.(css|html|js|json|svg|txt|webmanifest)$/;
const folder = fileURLToPath(new URL("dist/", import.meta.url));

for (const name of readdirSync(folder, { recursive: true }).filter((name) => KINDS.test(name))) {
  const plain = readFileSync(join(folder, name));
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
  const gzip = gzipSync(plain, { level: 9 });
  if (brotli.length < plain.length) writeFileSync(join(folder, `${name}.br`), brotli);
  if (gzip.length < plain.length) writeFileSync(join(folder, `${name}.gz`), gzip);
}
