// The program under test: `netscan serve` on a directory and a port of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The program; `make test` says where it is. */
const program = process.env.NETSCAN_PROGRAM ?? "../target/debug/netscan";

export const user = { name: "mara", password: "seven green bottles" };

export class Server {
  readonly directory = mkdtempSync(join(tmpdir(), "netscan-web-"));
  private process: ChildProcess | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, and waits until it says where it is. It keeps its port when it is started again. */
  async start(): Promise<void> {
    this.port ||= await freePort();
    const child = spawn(program, ["--data-dir", this.data, "serve", "--listen", `127.0.0.1:${this.port}`], {
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    child.stderr.pipe(createWriteStream(join(this.directory, "server.log"), { flags: "a" }));
    const first = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${this.log}`)));
    });
    if (first !== this.url) throw new Error(`the server said ${first} and not ${this.url}`);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Ends it for good, and takes away what it wrote. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The link that makes the first user, from the log of the last start. */
  async setupLink(): Promise<string> {
    for (;;) {
      const found = this.log.match(/http:\S+\/setup\?token=[\w-]+/g)?.at(-1);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Makes the first user without any page. */
  async setUp(): Promise<void> {
    const token = new URL(await this.setupLink()).searchParams.get("token");
    const answer = await fetch(`${this.url}/api/v1/setup`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, user: user.name, password: user.password }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  /** Runs the command line on the same data. */
  run(...words: string[]): string {
    const run = spawnSync(program, ["--data-dir", this.data, ...words], {
      env: environment(),
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`netscan ${words.join(" ")}: ${run.stderr}`);
    return run.stdout;
  }

  get log(): string {
    try {
      return readFileSync(join(this.directory, "server.log"), "utf8");
    } catch {
      return "";
    }
  }

  private get data(): string {
    return join(this.directory, "data");
  }
}

/** Settings of whoever runs the tests are not the program's. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NETSCAN_")));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
