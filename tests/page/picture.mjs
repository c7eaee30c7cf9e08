// Draws the picture of the page for the README, from a gateway that really talks with the people of the
// simulated network.

import { execFileSync } from "node:child_process";
import { rename, stat } from "node:fs/promises";
import { logIn, World } from "./world.mjs";

/** Whom is called, what is said, and what is asked once they are there. */
const CALLS = [
  { to: "+12025550006", say: "Good morning, your order 4711 is on its way.", hold: true },
  { to: "+12025560010", say: "Grand Hotel, good evening.", ask: { text: "Shall we keep the table by the window for you?", input: "speech" } },
  { to: "+13105550002", say: "Your appointment is tomorrow at nine." },
  { to: "+14155550009", say: "This is the dentist's.", ask: { text: "Press one if you come tomorrow.", digits: 1 } },
  { to: "+16465550002", say: "Your table is ready." },
  { to: "+17185560010", say: "The library calls.", ask: { text: "Would you like to keep the book for another week?", input: "speech" } },
  { to: "+12125550006", say: "Please hold the line, somebody will be with you.", hold: true },
];

const world = await World.start();
try {
  await world.network("POST", "calls", { from: "+13125550006", to: "+15550100000" });
  const asked = [];
  for (const { ask, ...call } of CALLS) asked.push({ ask, ...(await world.ask("POST", "calls", { hold: true, ...call })) });
  for (const { ask, id } of asked.filter((call) => call.ask)) {
    await world.wait("it is answered", async () => (await world.ask("GET", `calls/${id}`)).answered_at);
    await world.ask("POST", `calls/${id}/ask`, ask);
  }
  const page = await world.page({ viewport: { width: 1200, height: 640 }, deviceScaleFactor: 1.5 });
  await logIn(page, world);
  await page.locator(".row", { hasText: "yes please" }).nth(1).waitFor();
  await page.locator(".row", { hasText: "pressed 1" }).waitFor();
  await page.mouse.move(0, 0);
  const whole = `${process.env.PICTURE}.whole.png`;
  await page.screenshot({ path: whole });
  // Few colours are enough, and a third of the size.
  try {
    execFileSync("pngquant", ["--force", "--quality", "60-95", "--output", process.env.PICTURE, whole]);
    execFileSync("rm", [whole]);
  } catch {
    await rename(whole, process.env.PICTURE);
  }
  console.log(`${process.env.PICTURE}: ${(await stat(process.env.PICTURE)).size} bytes`);
} finally {
  await world.end();
}
