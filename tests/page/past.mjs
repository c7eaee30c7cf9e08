// Two thousand calls that are over: the gateway finds the rare one, and the address holds the search.

import assert from "node:assert/strict";
import { logIn, World } from "./world.mjs";

const N = 2000;
const RARE = "+12025550199";

/** A call as another gateway kept it; the first is the oldest, and the rare one. */
function line(at) {
  const startedAt = Date.now() - (N - at) * 60000;
  return JSON.stringify({
    callId: `past-${at}`, provider: "simulated", providerCallId: `CA${String(at).padStart(32, "0")}`, direction: "outbound",
    state: at === 0 ? "busy" : "completed", from: "+15550100000", to: at === 0 ? RARE : `+1202555${String(1000 + at)}`,
    startedAt, endedAt: startedAt + 30000, transcript: [], processedEventIds: [], metadata: {},
  });
}

export async function past() {
  const world = await World.start();
  try {
    const { taken } = await world.ask("POST", "import", Array.from({ length: N }, (_, at) => line(at)).join("\n"));
    assert.equal(taken, N);
    const page = await world.page();
    await logIn(page, world);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("50 calls, the newest; there are older ones").waitFor();

    // Older ones by keys alone: the focus goes to the first of them.
    await page.getByRole("button", { name: "Older ones" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("100 calls, the newest").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.closest("tr").rowIndex), 51);

    const since = Date.now();
    await page.getByLabel("Number", { exact: true }).fill("+1 202 555 0199");
    await page.keyboard.press("Enter");
    await page.getByText("1 call, and no more").waitFor();
    console.log(`of ${N} calls that are over the rare one is found after ${Date.now() - since} ms`);
    await page.getByLabel("Number", { exact: true }).fill("");
    await page.getByLabel("Ended").selectOption("busy");
    await page.waitForFunction(() => location.hash === "#/history?ending=busy");
    await page.getByText("1 call, and no more").waitFor();

    await page.getByRole("link", { name: "+1 202 555 0199" }).click();
    await page.getByRole("heading", { name: "Call to +1 202 555 0199" }).waitFor();
    await page.goBack();
    await page.getByText("1 call, and no more").waitFor();
    assert.equal(await page.getByLabel("Ended").inputValue(), "busy");

    // A day is the browser's; its search is opened anew by its address.
    await page.getByText("By agent, carrier and day").click();
    await page.getByLabel("To the day").fill("2020-02-03");
    await page.getByText("No such call").waitFor();
    await page.reload();
    await page.getByText("No such call").waitFor();
    assert.equal(await page.getByLabel("To the day").inputValue(), "2020-02-03");
    assert.deepEqual(page.faults, []);
  } finally {
    await world.end();
  }
}
