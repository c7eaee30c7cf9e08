// A call's whole life at the simulated network, by Telnyx's own Node library: its client speaks to
// the network, and its `webhooks.unwrap` judges every webhook that the network signs.

import crypto from "node:crypto";

import Telnyx from "telnyx";

import { TELNYX_CONNECTION, TELNYX_KEY, api, ask, equal, network, receiver, refused, run, that, waitFor } from "./checks.mjs";

const OURS = "+15550100000";
const UNKNOWN = `v3:${"A".repeat(54)}`;
const ENDED = ["UnprocessableEntityError", 422, "90018"];
const NO_SUCH_CALL = ["UnprocessableEntityError", 422, "90015"];
const NOT_FOUND = ["NotFoundError", 404, "10005"];
const WRONG_KEY = ["AuthenticationError", 401, "10009"];
const speech = { payload: "Hello", voice: "female" };

const { public_key: publicKey } = await ask("GET", "telnyx/public_key");
const clientAt = (address, apiKey = TELNYX_KEY, maxRetries = 0) =>
  new Telnyx({ apiKey, publicKey, baseURL: `${address}/v2`, maxRetries });
const client = clientAt(api);
const { calls } = client;
const { actions } = calls;
const ears = await receiver();
const code = (error) => [error.constructor.name, error.status, error.error.errors[0].code];

async function dial(to, wishes, by = calls) {
  const request = { connection_id: TELNYX_CONNECTION, from: OURS, to, webhook_url: ears.url("/events") };
  return (await by.dial({ ...request, ...wishes })).data;
}

// The payloads of the webhooks of a call, as they happened.
function said(call, kind) {
  const events = ears.heard.map((one) => JSON.parse(one.body).data);
  events.sort((a, b) => a.occurred_at.localeCompare(b.occurred_at));
  const ours = events.filter((event) => event.payload.call_control_id === call);
  return ours.filter((event) => !kind || event.event_type === kind).map((event) => event.payload);
}

const waitForEvent = (call, kind) => waitFor(`${kind} of ${call}`, () => said(call, kind)[0]);
const status = async (call) => (await calls.retrieveStatus(call)).data;

async function oneLife() {
  const to = "+15550100100";
  await ask("PUT", `subscribers/${to}`, { does: "talk", answer_after_ms: 500, talk_ms: 1200 });
  const state = Buffer.from('{"call":"c_1"}').toString("base64");
  const wishes = { client_state: state, command_id: "one-life", timeout_secs: 30, time_limit_secs: 600 };
  const dialled = await dial(to, wishes);
  const call = dialled.call_control_id;
  equal("dial: never alive in the answer", [dialled.is_alive, dialled.record_type], [false, "call"]);
  equal("dial: the same command id is the same call", (await dial(to, wishes)).call_control_id, call);
  const seen = [];
  const over = await waitFor("the call is over", async () => {
    const now = await status(call);
    if (seen.at(-1) !== now.is_alive) seen.push(now.is_alive);
    return now.end_time && now;
  });
  equal("status: alive, and then not", seen.slice(-2), [true, false]);
  that("status: it began and ended", over.start_time < over.end_time, over);
  equal("status: the client state", over.client_state, state);
  await waitForEvent(call, "call.hangup");
  const states = said(call).map((payload) => payload.state);
  equal("webhooks: initiated, answered, hung up", states, ["bridging", "answered", "hangup"]);
  await refused("hang up an ended call: 90018", ENDED, code, () => actions.hangup(call, {}));
  await refused("speak to an ended call: 90018", ENDED, code, () => actions.speak(call, speech));
  const names = [];
  for await (const event of client.callEvents.list({ filter: { leg_id: dialled.call_leg_id } })) {
    names.push(event.name);
  }
  const wanted = ["dial", "call.initiated", "call.answered", "call.hangup"];
  equal("call events: the command and the webhooks", names, wanted);
}

async function otherEnds() {
  const causes = { "0001": "user_busy", "0002": "timeout", "0003": "not_found", "0004": "call_rejected" };
  const placed = Object.entries(causes).map(async ([digits, cause]) => {
    const { call_control_id: call } = await dial(`+1555010${digits}`, { timeout_secs: 5 });
    equal(`${digits}: ${cause}`, (await waitForEvent(call, "call.hangup")).hangup_cause, cause);
    const over = await status(call);
    that(`${digits}: not alive, with its end`, !over.is_alive && over.end_time, over);
  });
  await Promise.all(placed);
}

async function commands() {
  const { call_control_id: call } = await dial("+15550100009");
  await waitForEvent(call, "call.answered");
  await actions.speak(call, speech);
  await waitForEvent(call, "call.speak.ended");
  await actions.gatherUsingSpeak(call, { ...speech, maximum_digits: 1 });
  equal("gather: what was pressed", (await waitForEvent(call, "call.gather.ended")).digits, "1");
  equal("hang up: ok", (await actions.hangup(call, {})).data.result, "ok");
  equal("hang up: its cause", (await waitForEvent(call, "call.hangup")).hangup_cause, "normal_clearing");
  await refused("hang up again: 90018", ENDED, code, () => actions.hangup(call, {}));
}

async function lists() {
  const crowd = { count: 45, from: "+15550170000", to_base: "+15550180000", carrier: "telnyx" };
  const { sids } = await ask("POST", "seed", crowd);
  const found = new Set();
  let after;
  do {
    const query = { "page[limit]": 20, ...(after && { "page[after]": after }) };
    const page = await client.connections.listActiveCalls(TELNYX_CONNECTION, query);
    page.data.forEach((call) => found.add(call.call_control_id));
    after = page.meta.cursors.after;
  } while (after);
  that("list: all calls by cursors", sids.every((sid) => found.has(sid)), found.size);
  const all = new Set();
  for await (const call of client.connections.listActiveCalls(TELNYX_CONNECTION, { "page[size]": 200 })) {
    all.add(call.call_control_id);
  }
  that("list: all calls on the first page", sids.every((sid) => all.has(sid)), all.size);
}

async function refusals() {
  await refused("status of an unknown call: 10005", NOT_FOUND, code, () => status(UNKNOWN));
  await refused("hang up an unknown call: 90015", NO_SUCH_CALL, code, () => actions.hangup(UNKNOWN, {}));
  const stranger = clientAt(api, "KEY-wrong").calls;
  await refused("wrong key, status: 401", WRONG_KEY, code, () => stranger.retrieveStatus(UNKNOWN));
  await refused("wrong key, dial: 401", WRONG_KEY, code, () => dial("+15550100006", {}, stranger));
}

// What the client does of itself when it is answered with 500 though the phone rings.
async function repetition() {
  const to = "+15550190006";
  const nRinging = async () => (await ask("GET", `calls?to=${to.slice(1)}`)).calls.length;
  await ask("POST", "faults", { on: "create", times: 2, do: { status: 500, processed: true } });
  await dial(to, {}, clientAt(network, TELNYX_KEY, 2).calls);
  await ask("DELETE", "faults");
  equal("500 on dial: the client asks thrice, and three phones ring", await nRinging(), 3);
}

// The webhook as the library gives it, or a refusal; maybe with something about it changed.
const unwrap = (heard, { body = heard.body, headers = {}, key } = {}) =>
  client.webhooks.unwrap(body, { headers: { ...heard.headers, ...headers }, key });

async function at(moment, judged) {
  const now = Date.now;
  Date.now = () => moment * 1000;
  try {
    return await judged();
  } finally {
    Date.now = now;
  }
}

async function webhooks() {
  const kinds = new Set();
  for (const heard of ears.heard) {
    const event = await unwrap(heard);
    kinds.add(event.data.event_type);
  }
  that(`webhooks: all ${ears.heard.length} are believed`, ears.heard.length);
  const wanted = ["answered", "dtmf.received", "gather.ended", "hangup", "initiated", "speak.ended", "speak.started"];
  equal("webhooks: of every kind", [...kinds].sort(), wanted.map((kind) => `call.${kind}`));

  const [heard] = ears.heard;
  const then = Number(heard.headers["telnyx-timestamp"]);
  const foreign = crypto.generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x;
  const key = Buffer.from(foreign, "base64url").toString("base64");
  const name = (error) => error.name;
  const distrust = (what, judged) =>
    refused(`unwrap refuses ${what}`, "TelnyxWebhookVerificationError", name, judged);
  await distrust("a changed body", () => unwrap(heard, { body: heard.body.replace("outgoing", "incoming") }));
  await distrust("a foreign key", () => unwrap(heard, { key }));
  await distrust("a changed time", () => unwrap(heard, { headers: { "telnyx-timestamp": `${then + 1}` } }));
  await distrust("no signature", () => unwrap(heard, { headers: { "telnyx-signature-ed25519": "" } }));
  for (const skew of [-302, 302]) {
    await distrust(`a skew of ${skew} s`, () => at(then + skew, () => unwrap(heard)));
  }
  for (const skew of [-299, 299]) {
    that(`unwrap allows a skew of ${skew} s`, await at(then + skew, () => unwrap(heard)));
  }
}

await run(oneLife, otherEnds, commands, lists, refusals, repetition, webhooks);
