// What a person does with the page, and sees. Each check is told as it is held; the first that isn't ends
// all of it, with a picture of what was there.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { many } from "./many.mjs";
import { past } from "./past.mjs";
import { listened } from "./sound.mjs";
import { logIn, World } from "./world.mjs";

const AXE = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const VIEWS = ["live", "history", "recovery", "health", "gate", "figures", "network"];

const world = await World.start();
let page = null;
let n_passed = 0;

async function check(name, act) {
  const since = Date.now();
  await act();
  n_passed += 1;
  console.log(`ok ${n_passed}: ${name} (${((Date.now() - since) / 1000).toFixed(1)} s)`);
}

/** A WAV file of so many seconds in which nobody speaks. */
function silence(seconds) {
  const [rate, n] = [8000, seconds * 8000 * 2];
  const wav = Buffer.alloc(44 + n);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + n, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(n, 40);
  return wav;
}

const picture = (name, of = page) => of.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });

/** Goes where a link of the page would lead. */
async function go(view, of = page) {
  await of.evaluate((to) => { location.hash = `#/${to}`; }, view);
  await of.waitForFunction(() => document.querySelector("main h1"));
}

/** What axe-core finds wrong with a view; nothing of it may be. */
async function judge(name, of = page) {
  await of.waitForFunction(() => !/(Asking|Reading|Counting)[^.]*…/.test(document.querySelector("main").innerText));
  await of.evaluate(AXE);
  const { violations } = await of.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
  assert.deepEqual(told, [], `axe on ${name}`);
}

/** Fills in the dialog and places the call, by keys alone. */
async function placeByKeys(to, say, hold) {
  await page.locator("#place").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByLabel("Number", { exact: true }).waitFor();
  await page.keyboard.type(to);
  await page.keyboard.press("Tab");
  await page.keyboard.type(say);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  if (hold) await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
}

try {
  page = await world.page();

  await check("a wrong token is refused in words, and the right one opens the page", async () => {
    await logIn(page, world, "wrong");
    await page.getByRole("alert").getByText("doesn't take this token").waitFor();
    await judge("log-in");
    await picture("login");
    await page.getByLabel("Token").fill("sesame-of-the-page");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("No call is live").waitFor();
    await picture("empty");
    const kept = await page.evaluate(() => [sessionStorage.length, localStorage.getItem("offhook.token")]);
    assert.deepEqual(kept, [1, null], "the token is kept in this tab alone");
  });

  let id = "";
  let held = "";
  await check("by keys alone a call is placed, said something on, asked, and hung up", async () => {
    await placeByKeys("+1 555 011 0010", "Good evening, this is the Grand Hotel.", true);
    await page.getByRole("heading", { name: "Call to +1 555 011 0010" }).waitFor();
    id = (await page.evaluate(() => location.hash)).split("/").pop();
    await page.locator(".state", { hasText: "talking" }).waitFor();
    await page.locator(".act textarea").focus();
    await page.keyboard.type("One moment, please.");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".talk li.us", { hasText: "One moment, please." }).waitFor();
    await page.locator(".verbs input:checked").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByLabel("The question").focus();
    await page.keyboard.type("A table for two?");
    await page.keyboard.press("Tab");
    await page.keyboard.type("words");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".talk li.them", { hasText: "yes please" }).waitFor();
    await page.getByText("the answer: “yes please”").waitFor();
    await judge("story");
    await picture("story");
    await go("live");
    await page.locator(".row", { hasText: "them: “yes please”" }).waitFor();
    await page.getByRole("button", { name: "Hang up the call to +1 555 011 0010" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("ends for both sides").waitFor();
    await judge("hang-up");
    await picture("hang-up");
    assert.equal((await world.ask("GET", `calls/${id}`)).state, "in_progress", "it asks first");
    await page.keyboard.press("Enter");
    await page.locator(".row", { hasText: "completed" }).waitFor();
    assert.equal((await world.ask("GET", `calls/${id}`)).ending.by, "agent");
  });

  await check("its story is a picture, with its words and its log", async () => {
    await go(`calls/${id}`);
    const drawing = page.getByRole("img", { name: /The story of the call\..*It ended: completed/ });
    await drawing.waitFor();
    assert.equal(await drawing.locator("rect.us").count(), 3, "greeting, sentence, question");
    assert.equal(await drawing.locator("rect.them").count(), 1);
    const { events } = await world.ask("GET", `calls/${id}/events`);
    await page.waitForFunction((n) => document.querySelectorAll(".log tbody tr").length === n, events.length);
    assert.equal(await drawing.locator("path.mark").count(), events.length);
    await page.getByText(/What really happened on the line.*completed, 1 ring/).click();
    await page.locator("details[open] li", { hasText: "“yes please”" }).waitFor();
  });

  await check("what a reply was waited for is drawn in its parts", async () => {
    const waits = { turn_ms: 700, recognizer_ms: 90, model_ms: 400, synthesizer_ms: 150, playout_ms: 60 };
    await page.route("**/v1/calls/*/events*", async (route) => {
      const told = await (await route.fetch()).json();
      const at = told.events.findLast((event) => event.state === "in_progress");
      const spoken = { by: "agent", text: "We have one by the window.", after_ms: 1400, waits };
      told.events.splice(told.events.indexOf(at) + 1, 0, { ...at, kind: "spoken", event: { spoken }, summary: "the agent said" });
      await route.fulfill({ json: told });
    });
    await go("live");
    await go(`calls/${id}`);
    await page.locator(".wait-model").first().waitFor();
    await page.getByText("How long they waited for each reply").click();
    await page.getByRole("cell", { name: "400 ms" }).waitFor();
    await picture("waits");
    await page.unroute("**/v1/calls/*/events*");
  });

  await check("a recording is fetched with the token, and a click on the picture goes there", async () => {
    await page.route(`**/v1/calls/${id}`, async (route) => {
      const call = await (await route.fetch()).json();
      await route.fulfill({ json: { ...call, recording: { state: "kept", begun_at: call.answered_at, seconds: 10, bytes: 160044, parts: 1, failed: null } } });
    });
    let asked = null;
    await page.route(`**/v1/calls/${id}/recording`, (route) => {
      asked = route.request().headers().authorization;
      return route.fulfill({ contentType: "audio/wav", body: silence(10) });
    });
    await go("live");
    await go(`calls/${id}`);
    await page.getByRole("button", { name: "Listen to it" }).click();
    await page.waitForFunction(() => document.querySelector("audio")?.duration > 9);
    assert.equal(asked, "Bearer sesame-of-the-page");
    const box = await page.locator(".timeline svg").boundingBox();
    await page.locator(".timeline svg").click({ position: { x: box.width * 0.6, y: 50 } });
    await page.waitForFunction(() => document.querySelector("audio").currentTime > 2);
    await page.unroute(`**/v1/calls/${id}/recording`);
    await page.unroute(`**/v1/calls/${id}`);
  });

  await check("every refusal is shown with its way out", async () => {
    await placeByKeys("+1911", "", false);
    await page.getByRole("dialog").getByRole("alert").getByText("OH-0004").waitFor();
    await judge("refusal");
    await picture("refusal");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.id === "place");
  });

  await check("somebody of the simulated network is called with one click, and both sides are told", async () => {
    await go("network");
    await page.getByRole("button", { name: /Call \+1 555 010 0009/ }).click();
    await page.getByText("The call is placed").waitFor();
    const { calls } = await world.ask("GET", "calls?live=true");
    const call = calls.find((one) => one.to === "+15550100009");
    await world.wait("it is answered", async () => (await world.ask("GET", `calls/${call.id}`)).answered_at);
    await world.ask("POST", `calls/${call.id}/ask`, { text: "Press one for yes.", digits: 1 });
    await page.locator(".sides li", { hasText: "Press one for yes." }).waitFor();
    await page.locator(".sides li", { hasText: "pressed 1" }).waitFor();
    await picture("network");
    await world.ask("POST", `calls/${call.id}/hangup`);
  });

  await check("whoever calls in is seen at once, with their agent", async () => {
    await go("live");
    await world.network("POST", "calls", { from: "+15550130006", to: "+15550100000" });
    await page.locator(".row", { hasText: "+1 555 013 0006" }).filter({ hasText: "concierge" }).waitFor();
  });

  await check("it outlives the gateway: kill -9, a banner, and everything again by itself", async () => {
    held = (await world.ask("POST", "calls", { to: "+15550140006", say: "Please hold the line.", hold: true })).id;
    await page.locator(".row", { hasText: "+1 555 014 0006" }).filter({ hasText: "talking" }).waitFor();
    await world.killGateway();
    await page.getByText("The gateway is away").waitFor();
    await picture("away");
    await world.startGateway();
    await page.getByText("The gateway is away").waitFor({ state: "detached" });
    await world.ask("POST", "calls", { to: "+15550150006", say: "After the start.", hold: true });
    await page.locator(".row", { hasText: "+1 555 015 0006" }).filter({ hasText: "talking" }).waitFor();
    await page.locator(".row", { hasText: "+1 555 014 0006" }).filter({ hasText: "talking" }).waitFor();
    await go("recovery");
    await page.locator("tr", { hasText: "+1 555 014 0006" }).filter({ hasText: "kept" }).waitFor();
    await picture("recovery");
    await page.locator("tr", { hasText: "+1 555 014 0006" }).getByRole("link").click();
    await page.locator(".start-word").waitFor();
    await picture("restarted");
  });

  await check("outbound calls are paused and resumed, and every view says so", async () => {
    await go("health");
    await page.getByLabel("Why they are paused").fill("night");
    await page.getByRole("button", { name: "Pause new outbound calls" }).click();
    await page.getByText("Outbound calls are paused").waitFor();
    assert.deepEqual(await world.ask("GET", "pause"), { paused: true, reason: "night" });
    await placeByKeys("+15550100042", "", false);
    await page.getByRole("dialog").getByRole("alert").getByText("OH-0008").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("Outbound calls are paused").waitFor({ state: "detached" });
  });

  await check("a number on the list is never called, and the gate's words say why", async () => {
    await go("gate");
    await page.getByLabel("Number", { exact: true }).fill("+1 202 555 0143");
    await page.getByLabel("Why").fill("asked by letter");
    await page.getByRole("button", { name: "Put it on the list" }).click();
    await page.getByRole("cell", { name: "asked by letter" }).waitFor();
    await placeByKeys("+12025550143", "", false);
    await page.getByRole("dialog").getByRole("alert").getByText("OH-0026").waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Decisions").selectOption({ label: "refusals alone" });
    await page.locator("tr", { hasText: "refused" }).filter({ hasText: "rule do not call" }).waitFor();
    await picture("gate");
    await page.getByRole("button", { name: "Take +1 202 555 0143 off the list" }).click();
    await page.getByText("Nobody is on the list").waitFor();
  });

  await check("earlier calls are found by number, by ending and by what was said", async () => {
    await go("history");
    await page.getByRole("link", { name: "+1 555 011 0010" }).waitFor();
    await page.getByLabel("Number", { exact: true }).fill("555 011 0010");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("written with + and its country code").waitFor();
    await page.getByLabel("Number", { exact: true }).fill("+1 555 011 0010");
    await page.keyboard.press("Enter");
    await page.getByText("1 call, and no more").waitFor();
    await page.getByLabel("Said on it").fill("table FOR two");
    await page.keyboard.press("Enter");
    await page.getByText("1 call, and no more").waitFor();
    await picture("history-found");
    await page.getByLabel("Ended").selectOption("busy");
    await page.getByText("No such call").waitFor();
    await judge("history without a find");
    await page.getByLabel("Said on it").fill(id);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Call to +1 555 011 0010" }).waitFor();
  });

  await check("figures are those of the calls", async () => {
    await go("figures");
    const { calls } = await world.ask("GET", "calls?limit=500");
    const figures = await world.ask("GET", "figures");
    const sum = (of) => figures.stretches.reduce((all, one) => all + of(one), 0);
    assert.equal(sum((one) => one.inbound + one.outbound), calls.length);
    assert.equal(sum((one) => one.answered), calls.filter((call) => call.answered_at).length);
    assert.equal(sum((one) => one.endings.completed ?? 0), calls.filter((call) => call.ending?.kind === "completed").length);
    await page.getByRole("img", { name: /^Endings/ }).waitFor();
    await page.getByText(`${calls.length} calls`, { exact: true }).waitFor();
    await picture("figures");
  });

  await check("an alarm is told above every view, with what to do", async () => {
    await world.network("PUT", "credentials/twilio", { token: "another" });
    await world.ask("POST", "calls", { to: "+15550160006", say: "Nobody hears this." });
    await world.ask("POST", `calls/${held}/hangup`);
    await go("live");
    await page.getByText(/thing.? amiss/).first().waitFor();
    await picture("alarm");
    await page.getByRole("link", { name: "What to do" }).click();
    await page.getByText("What to do: ").first().waitFor();
    await judge("health with an alarm");
    await picture("health");
  });

  await check("axe-core finds nothing wrong with any view, light and dark", async () => {
    for (const look of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: look });
      for (const view of [...VIEWS, `calls/${id}`]) {
        await go(view);
        await judge(`${view}, ${look}`);
        await picture(`${view.split("/")[0]}-${look}`);
      }
    }
    await page.getByRole("button", { name: "Light colours" }).click();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.look), "light", "the switch outdoes the system");
  });

  await check("a call that can't be hung up says so, and is found among the others", async () => {
    await go("live");
    await page.locator(".row.amiss", { hasText: "+1 555 014 0006" }).waitFor();
    await page.getByRole("button", { name: /with an alarm/ }).click();
    await page.waitForFunction(() => document.querySelectorAll(".row:not(.amiss)").length === 0);
    await judge("calls with an alarm");
    await picture("hang-up-fails");
  });

  await check("on a phone nothing is wider than it", async () => {
    const phone = await world.page({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await logIn(phone, world);
    await phone.locator(".row").first().waitFor();
    for (const view of [...VIEWS, `calls/${id}`]) {
      await go(view, phone);
      await judge(`${view} on a phone`, phone);
      const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `${view} is ${wide} wide`);
      await picture(`${view.split("/")[0]}-phone`, phone);
    }
    assert.deepEqual(phone.faults, []);
    await phone.context().close();
  });

  await check("who asked for it stays logged in, and who logs out is gone", async () => {
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Keep me logged in").check();
    await page.getByLabel("Token").fill("sesame-of-the-page");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator("#place").waitFor();
    const again = await page.context().newPage();
    await again.goto(world.base);
    await again.locator("#place").waitFor();
    await again.close();
    await page.getByRole("button", { name: "Log out" }).click();
    assert.deepEqual(await page.evaluate(() => [sessionStorage.length, localStorage.getItem("offhook.token")]), [0, null]);
  });

  await check("the policy was never broken, and nothing failed", async () => {
    assert.deepEqual(page.faults, []);
  });

  await world.end();
  await check("both sides of a call by sound are seen on meters, and heard", () => listened(judge));
  await check("of two thousand calls that are over the rare one is found", past);
  await check("a thousand live calls are no more in the page than are seen", many);
  console.log(`${n_passed} passed, 0 failed`);
} catch (error) {
  if (page && !page.isClosed()) await picture("failed").catch(() => {});
  console.error(error);
  console.error(page?.faults, world.serve?.said().slice(-2000));
  console.log(`${n_passed} passed, 1 failed`);
  process.exitCode = 1;
} finally {
  await world.end();
}
