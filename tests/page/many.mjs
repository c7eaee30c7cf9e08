// A thousand live calls: what of them is in the page, and what it costs the browser. The times are told and
// held to nothing: they are the machine's as much as the page's.

import assert from "node:assert/strict";
import { join } from "node:path";
import { logIn, World } from "./world.mjs";

const N = 1000;
const AT_ONCE = 20;
/** So often each page is painted. */
const PAINTS = 9;

export async function many() {
  const world = await World.start({ live_max: N + 100 });
  try {
    console.log(await paints(world));
    // Each ends in 0006: they pick up at once, and talk for an hour.
    const queue = Array.from({ length: N }, (_, at) => `+1${201 + Math.floor(at / 500)}${200 + (at % 500)}0006`);
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (queue.length > 0) await world.ask("POST", "calls", { to: queue.pop(), say: "Please hold the line.", hold: true });
    }));
    const page = await world.page();
    await page.addInitScript(() => {
      globalThis.tasks = [];
      new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ["longtask"] });
    });
    await logIn(page, world);
    await page.getByText(`${N.toLocaleString("en-GB")} calls`).waitFor();
    await page.screenshot({ path: join(process.env.PICTURES, "many.png") });
    const told = await page.evaluate(async () => {
      globalThis.tasks.length = 0;
      const frames = [];
      let before = performance.now();
      const end = before + 4000;
      while (performance.now() < end) {
        await new Promise((go) => requestAnimationFrame(go));
        const now = performance.now();
        frames.push(now - before);
        before = now;
        scrollBy(0, 120);
      }
      frames.sort((a, b) => a - b);
      return { rows: document.querySelectorAll(".row").length, frames: frames.length, p99: frames[Math.floor(frames.length * 0.99)], longest: frames.at(-1), tasks: globalThis.tasks };
    });
    // Meanwhile each of a hundred calls changes.
    const { calls } = await world.ask("GET", "calls?live=true&limit=100");
    await page.evaluate(() => { globalThis.tasks.length = 0; scrollTo(0, 0); });
    await Promise.all(calls.map((call) => world.ask("POST", `calls/${call.id}/say`, { text: "It is your turn." })));
    await page.locator(".row", { hasText: "It is your turn." }).first().waitFor();
    const busy = await page.evaluate(() => globalThis.tasks);
    const list = (tasks) => `${tasks.length} long tasks${tasks.length ? `, the longest ${Math.max(...tasks).toFixed(0)} ms` : ""}`;
    console.log(`${N} calls, scrolled through: ${told.rows} rows in the page, ${told.frames} frames, 99 of 100 within ${told.p99.toFixed(0)} ms, longest ${told.longest.toFixed(0)} ms, ${list(told.tasks)}; while 100 of them changed: ${list(busy)}; ${await memory(page)}`);
    assert.ok(told.rows < 60, `${told.rows} rows`);
    assert.deepEqual(page.faults, []);
  } finally {
    await world.end();
  }
}

/** How much the page's scripts keep. */
async function memory(page) {
  const browser = await page.context().newCDPSession(page);
  await browser.send("HeapProfiler.collectGarbage");
  await browser.send("Performance.enable");
  const { metrics } = await browser.send("Performance.getMetrics");
  return `${(metrics.find((one) => one.name === "JSHeapUsedSize").value / 1e6).toFixed(1)} MB of memory for its scripts`;
}

/** After how long something is shown: of the page, and beside it of one of its files, as text, and of one line
 * of text without the page's headers, for which a browser starts a process of its own; by a browser that has
 * nothing of it yet, and when it is loaded again. */
async function paints(world) {
  const page = await (await fetch(world.base)).text();
  const file = /page\/[0-9a-f]+\//.exec(page)[0] + "look.js";
  const told = Object.entries({ "the page": "", "a file of it": file, "one line of text": "healthz" }).map(([name, path]) => ({ name, path, fresh: [], again: [] }));
  const shown = async (page) => (await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime)).jsonValue();
  for (let n = 0; n < PAINTS; n += 1) {
    for (const { path, fresh, again } of told) {
      const page = await world.page();
      await page.goto(world.base + path);
      fresh.push(await shown(page));
      await page.reload();
      again.push(await shown(page));
      await page.context().close();
    }
  }
  const median = (times) => times.sort((a, b) => a - b)[PAINTS >> 1].toFixed(0);
  return `first paint, the median of ${PAINTS}: ${told.map(({ name, fresh, again }) => `${name} ${median(fresh)} ms, again ${median(again)} ms`).join("; ")}`;
}
