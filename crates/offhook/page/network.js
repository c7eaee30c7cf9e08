// The simulated network: who is there, and what both sides of its calls said.

import { ask, newKey } from "./api.js";
import * as calls from "./calls.js";
import { field, h, problem, put } from "./dom.js";
import { brief, callLink, number, plural, stateOf, time } from "./words.js";

const LOOK_EVERY_MS = 2000;
/** The words of so many live calls are shown. */
const SHOWN_MAX = 6;

/** What is said to each of them, so that there is something to hear. */
const TEST = { say: "Hello from offhook. This is a test call on the simulated network.", hold: true };

/** How a subscriber behaves, in words. */
function behaves(one) {
  const after = one.answer_after_ms > 0 ? `picks up after ${brief(one.answer_after_ms)}` : "picks up at once";
  switch (one.does) {
    case "busy": return "is busy";
    case "never": return "rings, and is never answered";
    case "unreachable": return "can't be reached";
    case "reject": return `declines after ${brief(one.after_ms)}`;
    case "silent": return `${after}, and stays until we hang up`;
    case "voicemail": return `a voicemail: ${after}, greets, beeps, records for ${brief(one.record_ms)}`;
    case "press": return `${after}, presses ${one.digits} when asked for keys`;
    case "speak": return `${after}, says “${one.words}” when asked to speak`;
    case "echo": return `${after}, and repeats what it hears on a media stream`;
    case "tell": return `${after}, and says “${one.words}” on a media stream`;
    case "talk": return one.talk_ms >= 3600000 ? `${after}, and talks for an hour` : `${after}, hangs up ${brief(one.talk_ms)} later`;
    default: return one.does;
  }
}

export function showNetwork(root) {
  const told = h("div");
  const agent = h("input", { autocomplete: "off", placeholder: "none" });
  const body = h("div");
  const talks = h("div");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Simulated network")),
    h("p", { class: "quiet" }, "A telephone network in a process, where no phone rings and nothing costs money. The last four digits of a number say how whoever has it behaves."),
    told, h("h2", {}, "Who is there"),
    h("div", { class: "filters" }, h("div", { class: "wide" }, field("Agent that talks with them", agent, "The name of one in the configuration. One by sound, such as an echo, can be listened to; without any, a sentence is said and the line is held."))), body, h("h2", {}, "Its live calls, from both ends"), talks);
  put(body, h("p", { class: "quiet", role: "status" }, "Asking the network…"));
  let gone = false;

  async function read() {
    try {
      const { networks } = await ask("GET", "network");
      if (!gone) put(body, networks.length === 0 ? none() : networks.map((one) => people(one, networks.length, (to) => test(to, agent.value.trim(), told))));
    } catch (error) {
      if (!gone) put(body, problem(error));
    }
  }

  const shown = new Map();
  let looking = false;
  async function look() {
    if (document.hidden || looking) return;
    looking = true;
    await talking().catch(() => {});
    looking = false;
  }

  async function talking() {
    const live = calls.live().filter((one) => one.call.carrier_call_id).slice(0, SHOWN_MAX);
    if (live.length === 0) put(talks, h("div", { class: "empty" }, h("strong", {}, "Nobody talks"), h("p", {}, "Call one of them above, and see what each side says.")));
    else if (shown.size === 0) put(talks);
    for (const [id, panel] of shown) {
      if (live.some((one) => one.call.id === id)) continue;
      panel.remove();
      shown.delete(id);
    }
    for (const one of live) {
      if (!shown.has(one.call.id)) {
        const panel = h("section", { class: "panel" });
        shown.set(one.call.id, panel);
        talks.append(panel);
      }
      const found = await ask("GET", `network/calls/${one.call.id}`).catch(() => null);
      if (gone) return;
      if (found?.truth) put(shown.get(one.call.id), h("h3", {}, callLink(one.call), " ", stateOf(one.call)), sides(found.truth));
      else shown.get(one.call.id)?.remove();
    }
  }
  read();
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    gone = true;
    clearInterval(timer);
  };
}

function none() {
  return h("div", { class: "empty" }, h("strong", {}, "No carrier of this configuration is simulated"), h("p", {}, "Add one of kind “simulated” to try things at no cost: docs/simulated-network.md says how."));
}

function people(network, n_networks, call) {
  const name = n_networks > 1 && h("h3", {}, network.carrier);
  if (!network.up) return h("div", {}, name, h("div", { class: "problem" }, h("strong", {}, "The network can't be asked"), h("p", {}, network.why)));
  return h("div", {}, name, h("ul", { class: "people" }, network.people.map(({ number: to, subscriber }, at) => h("li", {},
    h("div", {}, h("div", { class: "digits" }, at === 0 ? "any other" : `…${to.slice(-4)}`), h("div", { class: "small" }, behaves(subscriber))),
    h("button", { type: "button", "aria-label": `Call ${number(to)}, who ${behaves(subscriber)}`, onclick: () => call(to) }, "Call")))));
}

async function test(to, agent, told) {
  put(told, h("p", { class: "quiet", role: "status" }, `Calling ${number(to)}…`));
  try {
    const call = await ask("POST", "calls", { body: { to, ...(agent ? { agent } : TEST) }, key: newKey() });
    put(told, h("p", { role: "status" }, "The call is placed: ", h("a", { href: `#/calls/${call.id}` }, `see the call to ${number(to)}`), "."));
  } catch (error) {
    put(told, problem(error));
  }
}

/** What each side said and heard, by the network's own account. */
function sides(truth) {
  const at = (ms) => time(new Date(ms).toISOString(), { day: false });
  const heard = truth.heard.map((one) => h("li", {}, at(one.at), " ", one.kind === "say" ? `“${one.text}”` : `${one.kind} ${one.text ?? ""}`));
  const understood = truth.streams.flatMap((stream) => stream.understood).map((one) => h("li", {}, `“${one.text}”${one.whole ? "" : " (cut off)"}`));
  const spoken = truth.spoken.map((one) => h("li", {}, at(one.at), ` “${one.words}”`));
  const keys = truth.pressed && h("li", {}, `pressed ${truth.pressed}`);
  const list = (items, none) => (items.some(Boolean) ? h("ul", {}, items) : h("p", { class: "quiet" }, none));
  return h("div", { class: "sides" },
    h("div", {}, h("h3", {}, "They heard"), list([...heard, ...understood], "Nothing yet.")),
    h("div", {}, h("h3", {}, "They said"), list([...spoken, keys], "Nothing yet.")));
}

/** Shows in `to` what the network says of a call that it carries; nothing of any other. */
export async function truth(call, to) {
  const found = await ask("GET", `network/calls/${call.id}`).catch(() => null);
  if (!found?.truth || !to.isConnected) return;
  const open = to.querySelector("details")?.open;
  put(to, h("details", { open }, h("summary", {}, `What really happened on the line, by the simulated network: ${found.truth.status}, ${plural(found.truth.creates, "ring")}`), sides(found.truth)));
}
