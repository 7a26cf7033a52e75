// A host that says everything that could hurt a page, wherever nmap listens.
import { createServer, type Server, type Socket } from "node:net";

/** Would be seen by `watched`, did any of it run. */
const script = `<script>alert("ran")</script>`;
const image = `<img src=x onerror=alert("ran")>`;
const attribute = `" onmouseover="alert(1)" autofocus onfocus="alert(2)`;
const ansi = "\u001b[2J\u001b[31mred\u001b]0;title\u0007";
const turned = "\u202egnp.exe\u2066\u200b";
const formula = `=HYPERLINK("http://192.0.2.1/","click")`;
const wide = "W".repeat(300_000);
const all = `${script}${image}${attribute}${ansi}${turned}${formula}`;

/** By port: what is said at once, and what to any request. */
const voices: Record<number, { greets?: string; answers?: string }> = {
  21: { greets: `220 (vsFTPd ${all})\r\n`, answers: `530 ${all}\r\n` },
  22: { greets: `SSH-2.0-OpenSSH_9.9 ${script}${image}\r\n` },
  25: { greets: `220 ${image} ESMTP Postfix (${all})\r\n`, answers: `250-${script}\r\n250 ${formula}\r\n` },
  80: { answers: page(all) },
  8080: { answers: page(`${wide}${all}`) },
  110: { greets: `+OK ${all}\r\n` },
  3306: { greets: `\u004a\u0000\u0000\u0000\u000a8.0.${script}\u0000` },
  5432: { greets: wide },
  9999: { greets: `${all}${wide.repeat(8)}` },
};

export const ports = Object.keys(voices).join(",");

/** What somebody answers to a request by HTTP. */
function page(text: string): string {
  const head = `Server: ${text.slice(0, 4_000)}\r\nX-Powered-By: ${all}\r\nLocation: javascript:alert(1)\r\n`;
  return `HTTP/1.1 200 ${script}\r\n${head}Content-Type: text/html\r\n\r\n<html><head><title>${text}</title></head><body>${text}</body></html>`;
}

export class HostileHost {
  private servers: Server[] = [];

  private constructor(readonly address: string) {}

  /** Opens all its ports on an address of the loopback network. */
  static async up(address: string): Promise<HostileHost> {
    const host = new HostileHost(address);
    for (const [port, voice] of Object.entries(voices)) {
      const server = createServer((socket) => speak(socket, voice));
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(Number(port), address, resolve);
      });
      host.servers.push(server);
    }
    return host;
  }

  async down(): Promise<void> {
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function speak(socket: Socket, { greets, answers }: { greets?: string; answers?: string }) {
  socket.on("error", () => socket.destroy());
  socket.setTimeout(20_000, () => socket.destroy());
  if (greets) socket.write(greets, "utf8");
  socket.on("data", () => (answers ? socket.end(answers, "utf8") : undefined));
}
