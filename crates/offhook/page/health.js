// How the gateway is, in words, and what to do; pause and resume.

import { ask, open } from "./api.js";
import { field, h, problem, put } from "./dom.js";
import { linked } from "./words.js";

const LOOK_EVERY_MS = 3000;

/** What each alarm asks of a person, found by its words: docs/alarms.md has the same. */
const WAYS = [
  [/does not confirm the end/, "A hang-up fails", "Open the call: its log tells what the carrier answers. End it in the carrier's console; the next look sees that it is over."],
  [/cannot be verified/, "Calls can't be verified", "They are kept, and asked about again. Wait for the carrier; if it refuses the credentials, mend them."],
  [/refuses calls/, "Credentials are refused", "Mend the carrier's section of the configuration, or the secret that it names; then: offhook reload. offhook doctor asks the carrier."],
  [/clock is \d+ s/, "Clocks differ", "Have this machine's clock set by NTP."],
  [/this store doesn't know/, "Calls that a store of old doesn't know", "End them at the carrier, then resume."],
  [/paused until/, "Started paused", "The store looks older than it was: a backup was put back. Look whether it is the right one, then resume."],
  [/configuration/, "A configuration was refused", "The one before is in force. offhook reload tells what is wrong; mend it, and reload again."],
  [/disk|store|database/i, "The store", "Free space, or make it writable. If something in it can't be read, docs/errors/OH-0011.md says how a backup is put back."],
];

export function showHealth(root) {
  const body = h("div", { "aria-live": "polite" });
  const pause = h("div");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Health")), body, h("h2", {}, "New outbound calls"), pause);
  put(body, h("p", { class: "quiet" }, "Asking the gateway…"));
  let drawn = "";
  let gone = false;

  async function look() {
    if (document.hidden) return;
    try {
      const [health, ready] = await Promise.all([open("healthz"), open("readyz")]);
      const text = JSON.stringify([health, ready]);
      if (gone || text === drawn) return;
      drawn = text;
      put(body, shown(health, ready));
    } catch {
      drawn = "";
      if (!gone) put(body, h("p", {}, h("strong", {}, "The gateway gives no answer. "), "It is asked again."));
    }
  }

  async function readPause() {
    try {
      const [paused, { draining }] = await Promise.all([ask("GET", "pause"), open("healthz")]);
      if (!gone) put(pause, pausing(paused, draining, () => { readPause(); dispatchEvent(new Event("offhook:changed")); }));
    } catch (error) {
      if (!gone) put(pause, problem(error));
    }
  }
  look();
  readPause();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    gone = true;
    clearInterval(timer);
  };
}

function shown(health, ready) {
  const list = health.reasons.map((reason) => {
    const [, name, way] = WAYS.find(([words]) => words.test(reason)) ?? [null, "Something is amiss", null];
    return h("li", {}, h("strong", {}, `▲ ${name}`), h("p", {}, linked(reason)), way && h("p", {}, h("strong", {}, "What to do: "), way));
  });
  return [
    health.draining && h("p", {}, h("strong", {}, "It drains: "), "no new call is taken, and the gateway ends with the last one. ", h("code", {}, "offhook drain --cancel"), " has it take calls again."),
    health.reasons.length === 0
      ? !health.draining && h("p", { class: "well" }, h("span", { class: "shape", "aria-hidden": "true" }, "●"), "All is well: nothing needs you.")
      : h("ul", { class: "reasons" }, list),
    h("p", {}, ready.status === "not_ready" ? "What is heard can't be put on disk: carriers are told to come again." : "What is heard can be put on disk."),
    health.notes.length > 0 && [h("h2", {}, "Worth knowing"), h("ul", { class: "reasons" }, health.notes.map((note) => h("li", { class: "note" }, linked(note))))],
    h("p", { class: "quiet small" }, "This run of the gateway is ", h("span", { class: "mono" }, health.instance), ". Who is told at night: ", h("code", {}, "[alarms]"), " of the configuration, docs/alarms.md."),
  ];
}

function pausing({ paused, reason }, draining, again) {
  const told = h("div");
  const act = async (path, body) => {
    try {
      await ask("POST", path, { body });
      again();
    } catch (error) {
      put(told, problem(error));
    }
  };
  if (paused) {
    return h("div", {}, h("p", {}, h("strong", {}, "They are paused. "), `Reason: ${reason}. It holds across restarts. Calls that live go on, inbound ones are answered.`),
      told, h("p", {}, h("button", { class: "first", type: "button", onclick: () => act("resume") }, "Resume")));
  }
  const why = h("input", { maxlength: 200, autocomplete: "off", placeholder: "by hand" });
  return h("form", { onsubmit: (event) => { event.preventDefault(); act("pause", why.value.trim() ? { reason: why.value.trim() } : {}); } },
    h("p", {}, draining ? "None is placed: the gateway drains, and ends with the last call. " : "They are placed as they are asked for. ", "A pause stops new ones, across restarts, until you resume; calls that live go on."),
    h("div", { class: "filters" }, h("div", { class: "wide" }, field("Why they are paused", why)), h("button", { type: "submit", class: "grave" }, "Pause new outbound calls")), told);
}
