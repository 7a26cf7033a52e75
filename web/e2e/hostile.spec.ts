// A host that says everything that could hurt a page is scanned for real, and every page is shown.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, signIn, test } from "./given";
import { HostileHost, ports } from "./hostile";
import { furnished } from "./lab";
import { places } from "./places";
import type { Server } from "./server";

const address = "127.66.6.6";
/** The host of the file. */
const turned = "127.66.6.7";

/** A file as nmap writes them, in which every text turns around and has no end. */
function written(server: Server): string {
  const text = "nginx\u202eexe.gnp\u200b\u0085";
  const port =
    `<port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/>` +
    `<service name="http" product="${text}" version="${text}" extrainfo="${text.repeat(200)}" hostname="${text}" ostype="${text}"/>` +
    `<script id="http-title" output="${text}"/></port>`;
  const file = join(server.directory, "turned.xml");
  writeFileSync(
    file,
    '<?xml version="1.0" encoding="UTF-8"?><nmaprun scanner="nmap" args="nmap -sT -sV" start="1770000000" version="7.93">' +
      `<host><status state="up" reason="${text}"/><address addr="${turned}" addrtype="ipv4"/>` +
      `<hostnames><hostname name="${text}" type="PTR"/></hostnames><ports>${port}</ports>` +
      `<os><osmatch name="${text}" accuracy="99"/></os></host>` +
      '<runstats><finished time="1770000001" exit="success"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>',
  );
  return file;
}

test("a hostile host runs nothing and breaks no page", async ({ page, server }) => {
  test.setTimeout(540_000);
  const host = await HostileHost.up(address);
  try {
    await signIn(page, server);
    const scripts = "banner,http-title,http-server-header,http-headers";
    const options = `-sT -Pn -sV --version-intensity 2 --script ${scripts} --script-timeout 10s -p ${ports}`;
    const things = await furnished(page, server, [address], options);

    await page.goto(`${server.url}/hosts/${things.host}`);
    // What it says is there to be read: as text, and with its signs.
    await expect(page.getByText('<script>alert("ran")</script>').first()).toBeVisible();
    await expect(page.getByText("\\x1B[2J").first()).toBeVisible();

    // What nmap would have escaped comes from a file: it turns and hides text.
    server.run("import", written(server), "--project", "lab");
    await page.goto(`${server.url}/addresses/${turned}?project=lab`);
    await expect(page.getByText("nginx⟨U+202E⟩exe.gnp⟨U+200B⟩").first()).toBeVisible();

    const all = [...places(things), ...places({ ...things, address: turned })];
    for (const place of new Set(all)) {
      await page.goto(server.url + place);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByText("Loading …")).toHaveCount(0);
      const shape = await page.evaluate(() => ({
        isTooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        foreign: document.querySelectorAll(
          "script:not([src]), img[src='x'], [onerror], [onmouseover], [onfocus], a[href^='javascript']",
        ).length,
      }));
      expect(shape, place).toEqual({ isTooWide: false, foreign: 0 });
    }
  } finally {
    await host.down();
  }
});
