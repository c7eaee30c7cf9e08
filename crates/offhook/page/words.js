// How numbers, times and states are written.

import { h } from "./dom.js";

/** How each state is called, with a shape, so that colour is never needed to tell it. */
const STATES = {
  queued: ["○", "queued"], placing: ["◌", "placing"], initiated: ["◔", "initiated"], ringing: ["◎", "ringing"],
  offered: ["◇", "comes in"], answering: ["◈", "answering"], in_progress: ["●", "talking"],
  hanging_up: ["◐", "hanging up"], ended: ["■", "ended"],
};

/** All states, as [word of the API, word for people]. */
export const states = Object.entries(STATES).map(([word, [, text]]) => [word, text]);

const ENDINGS = {
  completed: "completed", busy: "busy", no_answer: "no answer", canceled: "canceled", rejected: "rejected",
  failed: "failed", indeterminate: "fate unknown",
};

export const endings = Object.entries(ENDINGS);

const LIMITS = {
  queued: "given up", placing: "search ends", initiated: "ringing ends", ringing: "ringing ends", offered: "ringing ends",
  answering: "ends", in_progress: "talk ends", hanging_up: "ends",
};

/** A state in one word. */
export const stateWord = (word) => STATES[word]?.[1] ?? word;

/** What happens at the deadline of a state. */
export const limitWord = (word) => LIMITS[word] ?? "ends";

/** How a call ended, in words. */
export const endingWord = (kind) => ENDINGS[kind] ?? kind;

/** The state of a call, by word and shape. */
export function stateOf(call) {
  const [shape, word] = STATES[call.state] ?? ["?", call.state];
  const ended = call.ending ? endingWord(call.ending.kind) : word;
  const amiss = call.alarm || call.ending?.kind === "indeterminate";
  const kind = amiss ? " amiss" : call.state === "in_progress" ? " talks" : "";
  return h("span", { class: `state${kind}` },
    h("span", { class: "shape", "aria-hidden": "true" }, amiss ? "▲" : shape), ended);
}

// Codes of two digits; 1 and 7 have one, the others three (ITU-T E.164).
const TWO = new Set("20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98".split(" "));

/** A number as people write it: +1 202 555 0143. What is no number stays as it is. */
export function number(text) {
  if (!/^\+\d{7,15}$/.test(text ?? "")) return text ?? "";
  const digits = text.slice(1);
  const length = /^[17]/.test(digits) ? 1 : TWO.has(digits.slice(0, 2)) ? 2 : 3;
  let rest = digits.slice(length);
  const parts = [];
  while (rest.length > 4) {
    parts.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  return [`+${digits.slice(0, length)}`, ...parts, rest].join(" ");
}

/** A text of the gateway's, with its numbers as people write them. */
export const numbered = (text) => text.replace(/\+\d{7,15}\b/g, number);

/** Who ended a call. */
export const enderWord = (by) => ({ agent: "us", remote: "them", carrier: "the carrier", gateway: "the gateway" })[by] ?? by;

/** Whoever is on the other side of a call. */
export const other = (call) => (call.direction === "inbound" ? call.from : call.to);

export const directionWord = (call) => (call.direction === "inbound" ? "from" : "to");

/** A stretch of time: 0:07, 4:05, 1:02:03. */
export function lasting(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}

/** Milliseconds as people say them: 940 ms, 1.2 s. */
export const brief = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms % 1000 < 50 ? 0 : 1)} s`);

/** A time of this place, with UTC where one points. */
export function time(iso, { day = true, millis = false } = {}) {
  if (!iso) return h("span", { class: "quiet" }, "–");
  const at = new Date(iso);
  const clock = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
    + (millis ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : "");
  const date = at.toDateString() === new Date().toDateString() ? "" : `${at.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" })} `;
  return h("time", { datetime: iso, title: `${iso.replace("T", " ").replace("Z", "")} UTC`, class: "nowrap" }, day ? date + clock : clock);
}

/** How long a call has lasted, or did: from its answer, or else from when it was asked for. */
export function lasted(call, now = Date.now()) {
  const from = Date.parse(call.answered_at ?? call.created_at);
  return (call.ended_at ? Date.parse(call.ended_at) : now) - from;
}

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString()} ${n === 1 ? one : many}`;

/** A link to a call, by its number. */
export function callLink(call) {
  return h("a", { href: `#/calls/${call.id}` }, number(other(call)));
}

/** A text in which the names of calls are links. */
export function linked(text) {
  return text.split(/(c_[0-9a-hjkmnp-tv-z]{26})/).map((part, at) => (at % 2 ? h("a", { href: `#/calls/${part}`, class: "mono" }, part) : part));
}
