// A gateway, its simulated network and a browser, each a process of its own, and what is asked of them.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const TOKEN = "sesame-of-the-page";
/** Longer than anything that is waited for takes on a busy machine. */
export const SOON_MS = 60000;

async function freePort() {
  const server = createServer();
  await new Promise((go) => server.listen(0, "127.0.0.1", go));
  const { port } = server.address();
  await new Promise((go) => server.close(go));
  return port;
}

export class World {
  static async start({ live_max = 50 } = {}) {
    const world = new World();
    world.folder = await mkdtemp(join(tmpdir(), "offhook-page-"));
    [world.port, world.networkPort] = [await freePort(), await freePort()];
    world.base = `http://127.0.0.1:${world.port}/`;
    await writeFile(join(world.folder, "offhook.toml"), `
listen = "127.0.0.1:${world.port}"
[store]
url = "sqlite://${world.folder}/offhook.db"
[api]
token = "${TOKEN}"
[calls]
live_max = ${live_max}
attempts_per_hour = 1200
[carriers.simulated]
kind = "simulated"
base_url = "http://127.0.0.1:${world.networkPort}"
price_per_minute = 0.014
[numbers."+15550100000"]
carrier = "simulated"
inbound = "open"
greeting = "Grand Hotel, good evening."
agent = "concierge"
[agents.mirror]
kind = "echo"
[agents.concierge]
kind = "say"
text = "All our lines are busy. Please call again."
`);
    world.sim = world.run("sim", "--listen", `127.0.0.1:${world.networkPort}`);
    await world.until(`http://127.0.0.1:${world.networkPort}/network/health`);
    await world.startGateway();
    world.browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
    return world;
  }

  run(...args) {
    const child = spawn(process.env.OFFHOOK, args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HOME: this.folder } });
    let said = "";
    for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (text) => { said += text; });
    child.said = () => said;
    return child;
  }

  async startGateway() {
    this.serve = this.run("serve", "--config", join(this.folder, "offhook.toml"));
    await this.until(`${this.base}readyz`);
  }

  /** `kill -9`: nobody is told. */
  async killGateway() {
    const over = new Promise((go) => this.serve.once("exit", go));
    this.serve.kill("SIGKILL");
    await over;
  }

  async until(url) {
    const end = Date.now() + SOON_MS;
    for (;;) {
      const ok = await fetch(url).then((answer) => answer.ok, () => false);
      if (ok) return;
      if (Date.now() > end) throw new Error(`${url} does not answer: ${this.serve?.said()}${this.sim.said()}`);
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** Asks the gateway as a program does. */
  async ask(method, path, body) {
    const answer = await fetch(`${this.base}v1/${path}`, { method, headers: { Authorization: `Bearer ${TOKEN}` }, body: typeof body === "object" ? JSON.stringify(body) : body });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${told.detail}`);
    return told;
  }

  /** Tells the network to do something. */
  async network(method, path, body) {
    const answer = await fetch(`http://127.0.0.1:${this.networkPort}/network/${path}`, { method, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`network ${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  /** Waits until something is so at the gateway. */
  async wait(what, look) {
    const end = Date.now() + SOON_MS;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (Date.now() > end) throw new Error(`never: ${what}`);
      await new Promise((go) => setTimeout(go, 100));
    }
  }

  /** A page of its own, in which every fault is written down. */
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
    context.setDefaultTimeout(SOON_MS);
    const page = await context.newPage();
    page.faults = [];
    page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      // The browser itself writes down each answer that isn't 2xx, and each that doesn't come.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.faults.push(message.text());
    });
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
    });
    return page;
  }

  async end() {
    await this.browser?.close();
    this.serve?.kill("SIGKILL");
    this.sim?.kill("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Logs in, by what a person does. */
export async function logIn(page, world, token = TOKEN) {
  await page.goto(world.base);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
}
