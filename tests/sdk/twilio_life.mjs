// A call's whole life at the simulated network, by Twilio's own Node library: its client speaks to
// the network, and its validator judges every webhook that the network signs.

import twilio from "twilio";

import { TWILIO_ACCOUNT, TWILIO_TOKEN, api, ask, equal, network, receiver, refused, run, that, waitFor } from "./checks.mjs";

const OURS = "+15550100000";
const UNKNOWN = "CA" + "0".repeat(32);
const HOLD = "<Pause length='60'/>";
const EVENTS = ["initiated", "ringing", "answered", "completed"];

function clientAt(address, token = TWILIO_TOKEN) {
  const client = twilio(TWILIO_ACCOUNT, token);
  client.api.baseUrl = address;
  return client;
}

const { calls } = clientAt(api);
const ears = await receiver();
const code = (error) => [error.status, error.code];
const place = (to, wishes) => calls.create({ to, from: OURS, url: ears.url("/hold"), ...wishes });

// Looks until the call is so, and gives back every word that was said on the way.
async function waitForStatus(sid, ...wanted) {
  const seen = [];
  await waitFor(`${sid} is ${wanted}`, async () => {
    const { status } = await calls(sid).fetch();
    if (!seen.includes(status)) seen.push(status);
    return wanted.includes(status);
  });
  return seen;
}

async function oneLife() {
  const to = "+15550100100";
  await ask("PUT", `subscribers/${to}`, { does: "talk", answer_after_ms: 700, talk_ms: 1500 });
  const call = await place(to, {
    statusCallback: ears.url("/status?call=c_1&text=caf%C3%A9%20%26%20more"),
    statusCallbackEvent: EVENTS,
    timeout: 30,
    timeLimit: 600,
  });
  that("create: a SID of 34 characters", /^CA[0-9a-f]{32}$/.test(call.sid), call.sid);
  equal("create: queued", [call.status, call.direction], ["queued", "outbound-api"]);
  equal("create: numbers and account", [call.to, call.from, call.accountSid], [to, OURS, TWILIO_ACCOUNT]);
  that("create: dates are typed", call.dateCreated instanceof Date, call.dateCreated);
  const seen = ["queued", ...(await waitForStatus(call.sid, "completed"))];
  equal("fetch: through all states", seen.slice(-4), ["queued", "ringing", "in-progress", "completed"]);
  const over = await calls(call.sid).fetch();
  that("fetch: it began and ended", over.startTime <= over.endTime, [over.startTime, over.endTime]);
  that("fetch: its length", ["1", "2"].includes(over.duration), over.duration);
  const words = () => ears.of("/status", call.sid).map((one) => one.fields().CallStatus);
  await waitFor("the last callback", () => words().includes("completed"));
  equal("callbacks: in order", words(), ["initiated", "ringing", "in-progress", "completed"]);
  const events = await calls(call.sid).events.list();
  that("events: what was asked of us", events.some((event) => event.request.url.includes("call=c_1")), events);
  const update = (wishes) => () => calls(call.sid).update(wishes);
  await refused("hang up an ended call: 21220", [400, 21220], code, update({ status: "completed" }));
  await refused("cancel an ended call: 21220", [400, 21220], code, update({ status: "canceled" }));
  await refused("redirect an ended call: 21220", [400, 21220], code, update({ twiml: "<Response/>" }));
}

async function otherEnds() {
  const fates = { "0001": "busy", "0002": "no-answer", "0003": "failed", "0004": "busy" };
  const placed = Object.entries(fates).map(async ([digits, fate]) => {
    const { sid } = await place(`+1555010${digits}`, { timeout: 2 });
    await waitForStatus(sid, "busy", "no-answer", "failed", "completed", "canceled");
    equal(`${digits}: ${fate}`, (await calls(sid).fetch()).status, fate);
  });
  await Promise.all(placed);
}

async function changes() {
  const { sid } = await place("+15550110006");
  await waitForStatus(sid, "in-progress");
  ears.answerXml("/elsewhere", "<Say>The second document</Say><Hangup/>");
  await calls(sid).update({ url: ears.url("/elsewhere") });
  await waitForStatus(sid, "completed");
  const truth = JSON.stringify(await ask("GET", `calls/${sid}`));
  that("redirect: heard on the line", truth.includes("The second document"), truth);
  const second = (await place("+15550120006")).sid;
  await waitForStatus(second, "in-progress");
  equal("hang up: completed", (await calls(second).update({ status: "completed" })).status, "completed");
  const again = () => calls(second).update({ status: "completed" });
  await refused("hang up again: 21220", [400, 21220], code, again);
  const third = (await place("+15550100007")).sid;
  await waitForStatus(third, "ringing");
  equal("cancel a ringing call", (await calls(third).update({ status: "canceled" })).status, "canceled");
}

async function lists() {
  const from = "+15550170000";
  const { sids } = await ask("POST", "seed", { count: 130, from, to_base: "+15550180000" });
  const found = await calls.list({ from, pageSize: 50 });
  equal("list: 130 calls in pages of 50", [found.length, new Set(found.map((call) => call.sid)).size], [130, 130]);
  const sizes = [];
  for (let page = await calls.page({ from, pageSize: 50 }); page; page = await page.nextPage()) {
    sizes.push(page.instances.length);
  }
  equal("list: page by page to the last", sizes, [50, 50, 30]);
  equal("list: as many as asked for", (await calls.list({ from, limit: 7 })).length, 7);
  equal("list: by another status", await calls.list({ from, status: "completed" }), []);
  that("delete: done", await calls(sids[0]).remove());
  await refused("delete: the record is gone", [404, 20404], code, () => calls(sids[0]).fetch());
  equal("delete: the call goes on", (await ask("GET", `calls/${sids[0]}`)).live, true);
}

async function refusals() {
  await refused("fetch of an unknown SID: 20404", [404, 20404], code, () => calls(UNKNOWN).fetch());
  const stranger = clientAt(api, "f".repeat(32)).calls;
  await refused("wrong token, fetch: 401", [401, 20003], code, () => stranger(UNKNOWN).fetch());
  await refused("wrong token, list: 401", [401, 20003], code, () => stranger.list({ limit: 1 }));
  const before = (await ask("GET", "requests")).by_operation.create;
  await ask("POST", "faults", { on: "create", do: { status: 500, processed: true } });
  const direct = clientAt(network).calls;
  const placed = () => direct.create({ to: "+15550100006", from: OURS, twiml: "<Response/>" });
  await refused("500 on create: an error", 500, (error) => error.status, placed);
  await ask("DELETE", "faults");
  const nAsked = (await ask("GET", "requests")).by_operation.create - before;
  equal("500 on create: asked once, no second phone rings", nAsked, 1);
}

// Whether Twilio's validator believes a webhook, maybe with something about it changed.
function judge(heard, { token = TWILIO_TOKEN, url = heard.url, form = heard.fields(), signature } = {}) {
  const signed = signature ?? heard.headers["x-twilio-signature"];
  return twilio.validateRequest(token, signed, url, heard.method === "POST" ? form : {});
}

async function webhooks() {
  const { sid } = await place("+15550130008", {
    statusCallback: ears.url(`/got?call=${encodeURIComponent("a b+c/ü")}`),
    statusCallbackMethod: "GET",
    method: "GET",
  });
  await waitFor("a callback by GET", () => ears.of("/got", sid).length);
  const judged = ears.heard.map((one) => judge(one));
  that(`webhooks: all ${judged.length} are believed`, judged.length && judged.every(Boolean), judged);
  const paths = new Set(ears.heard.map((one) => one.path));
  equal("webhooks: of every kind", [...paths].sort(), ["/elsewhere", "/got", "/hold", "/status"]);
  const webhook = ears.heard.find((one) => one.path === "/status");
  const changed = {
    "a changed field": { form: { ...webhook.fields(), CallStatus: "completed" } },
    "a field more": { form: { ...webhook.fields(), Added: "1" } },
    "a foreign token": { token: "f".repeat(32) },
    "another address": { url: ears.url("/another") },
    "another query": { url: `${webhook.url}&x=1` },
    "no signature": { signature: "" },
  };
  for (const [what, otherwise] of Object.entries(changed)) {
    that(`the validator refuses ${what}`, !judge(webhook, otherwise));
  }
}

ears.answerXml("/hold", HOLD);
await run(oneLife, otherEnds, changes, lists, refusals, webhooks);
