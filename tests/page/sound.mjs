// A call to somebody of the simulated network whose sound goes through the gateway: the meters move, and what is
// heard by listening in isn't silence.

import assert from "node:assert/strict";
import { join } from "node:path";
import { logIn, World } from "./world.mjs";

/** Whoever has this number says so much, and the echo says it again. */
const THEY = "+15550180001";
const WORDS = "Is anybody there, and who are you, and do you hear me? ".repeat(8);

/** Hears all that the page plays. */
function overhear() {
  const connect = AudioNode.prototype.connect;
  globalThis.loudest = [0, 0];
  AudioNode.prototype.connect = function (to, ...more) {
    if (this instanceof AudioWorkletNode && to === this.context.destination) {
      const sides = this.context.createChannelSplitter(2);
      connect.call(this, sides);
      [0, 1].forEach((side) => {
        const ear = this.context.createAnalyser();
        connect.call(sides, ear, side);
        const heard = new Float32Array(ear.fftSize);
        setInterval(() => {
          ear.getFloatTimeDomainData(heard);
          globalThis.loudest[side] = Math.max(globalThis.loudest[side], ...heard.map(Math.abs));
        }, 50);
      });
    }
    return connect.call(this, to, ...more);
  };
}

export async function listened(judge) {
  const world = await World.start();
  try {
    await world.network("PUT", `subscribers/${THEY}`, { does: "tell", words: WORDS, tell_after_ms: 6000, answer_after_ms: 0 });
    const page = await world.page();
    await page.addInitScript(overhear);
    await logIn(page, world);
    await page.evaluate(() => { location.hash = "#/network"; });

    // Somebody of the network is called from the page, with an agent by sound.
    await page.getByLabel("Agent that talks with them").fill("mirror");
    await page.getByRole("button", { name: /Call \+1 555 010 0012/ }).click();
    await page.getByRole("link", { name: "see the call to" }).click();
    await page.getByRole("button", { name: "Listen in" }).waitFor();

    const { id } = await world.ask("POST", "calls", { to: THEY, agent: "mirror" });
    await page.evaluate((to) => { location.hash = `#/calls/${to}`; }, id);
    await page.getByRole("heading", { name: "Call to +1 555 018 0001" }).waitFor();
    await page.getByRole("button", { name: "Listen in" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("You hear both sides").waitFor();
    const isLoud = () => [...document.querySelectorAll("main .meter [role=meter]")].filter((level) => Number(level.getAttribute("aria-valuenow")) > -40).length === 2;
    await page.waitForFunction(isLoud);
    await page.screenshot({ path: join(process.env.PICTURES, "listening.png") });
    await page.waitForFunction(() => globalThis.loudest.every((side) => side > 0.05));
    await judge("listening", page);
    await page.getByRole("button", { name: "Stop listening" }).click();
    await page.getByRole("button", { name: "Listen in" }).waitFor();

    // In the list too, while they talk.
    await page.evaluate(() => { location.hash = "#/live"; });
    await page.locator(".row .meter:visible").first().waitFor();
    await page.screenshot({ path: join(process.env.PICTURES, "meters.png") });
    await judge("meters", page);
    for (const [name, size] of [["meters-phone", { width: 360, height: 740 }], ["meters-tablet", { width: 900, height: 700 }]]) {
      await page.setViewportSize(size);
      await page.locator(".row .meter:visible").first().waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
      await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
    }

    // Where the carrier speaks there is nothing to hear, and one is told.
    const spoken = await world.ask("POST", "calls", { to: "+15550180006", say: "Please hold the line.", hold: true });
    await page.evaluate((to) => { location.hash = `#/calls/${to}`; }, spoken.id);
    await page.getByText("No sound of this call comes here").waitFor();
    assert.equal(await page.getByRole("button", { name: "Listen in" }).count(), 0);
    const { lines } = await world.ask("GET", `access/audit?call=${id}`);
    assert.ok(lines.some((line) => line.verb === "listen" && line.outcome === "done"), "it is on record");
    assert.deepEqual(page.faults, []);
  } finally {
    await world.end();
  }
}
