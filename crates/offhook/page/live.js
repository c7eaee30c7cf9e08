// The calls that live: who, how long, and what is being said.

import { actDialog, hangUpDialog } from "./actions.js";
import * as calls from "./calls.js";
import { choice, field, h, put, write } from "./dom.js";
import { told } from "./lines.js";
import { follow, meter } from "./meter.js";
import { placeDialog } from "./place.js";
import { rows } from "./rows.js";
import { directionWord, lasted, lasting, limitWord, number, other, plural, stateOf, states } from "./words.js";

export function showLive(root) {
  const heading = h("h1", { tabindex: "-1" }, "Live calls");
  const sum = h("span", { class: "quiet", "aria-live": "off" });
  const search = h("input", { type: "search", placeholder: "a number, an agent, a carrier", oninput: draw });
  const state = choice([["", "any state"], ["alarm", "with an alarm"], ...states.filter(([word]) => word !== "ended")], { onchange: draw });
  const alarms = h("button", { type: "button", class: "grave", onclick: () => {
    state.value = "alarm";
    draw();
  } });
  const filters = h("div", { class: "filters" }, h("div", { class: "wide" }, field("Search", search)), field("State", state));
  const list = rows({ label: "Live calls", key: (one) => one.call.id, make: row });
  const empty = h("div");
  put(root, h("div", { class: "head" }, heading, sum, alarms), filters, empty, list.element);

  function draw() {
    const all = calls.live();
    const found = all.filter((one) => fits(one.call, search.value, state.value));
    write(sum, summary(all));
    const n_alarms = all.filter((one) => one.call.alarm && !one.ended).length;
    alarms.hidden = n_alarms === 0;
    write(alarms, `▲ ${n_alarms} with an alarm`);
    filters.hidden = all.length === 0;
    list.element.hidden = found.length === 0;
    put(empty, found.length === 0 && nothing(all.length));
    list.show(found);
  }

  const shown = () => [...list.element.querySelectorAll(".row")];
  const unfollow = follow(
    () => shown().filter((row) => row.talks()).map((row) => row.call()),
    (levels) => shown().forEach((row) => row.hear(levels[row.call()])));
  const unwatch = calls.watch(draw);
  const ticking = setInterval(() => list.element.querySelectorAll(".row").forEach((row) => row.tick?.()), 1000);
  draw();
  return () => {
    unwatch();
    unfollow();
    clearInterval(ticking);
    list.leave();
  };
}

function fits(call, text, state) {
  if (state === "alarm" ? !call.alarm : state && call.state !== state) return false;
  // With many calls, most of what there is to do when one changes.
  if (!text.trim()) return true;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const digits = text.replace(/[\s()-]/g, "");
  if (/^\+?\d{3,}$/.test(digits)) return call.from.includes(digits) || call.to.includes(digits);
  const all = [call.from, call.to, number(call.from), number(call.to), call.agent, call.carrier, call.id].join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

function summary(all) {
  const alive = all.filter((one) => !one.ended);
  const count = (...words) => alive.filter((one) => words.includes(one.call.state)).length;
  const parts = [[count("in_progress"), "talking"], [count("ringing", "initiated", "placing"), "being placed"], [count("offered", "answering"), "coming in"], [count("queued"), "queued"], [count("hanging_up"), "hanging up"]];
  return [plural(alive.length, "call"), ...parts.filter(([n]) => n > 0).map(([n, word]) => `${n.toLocaleString()} ${word}`)].join(" · ");
}

function nothing(n_all) {
  if (n_all > 0) return h("div", { class: "empty" }, h("strong", {}, "No live call is like that"), h("p", {}, "Take a word out of the search, or choose any state."));
  if (!calls.isWhole()) return h("p", { class: "quiet", role: "status" }, "Asking the gateway which calls live…");
  return h("div", { class: "empty" },
    h("strong", {}, "No call is live"),
    h("p", {}, "Whoever calls one of your numbers appears here at once, and so does every call that a program places."),
    h("p", {}, h("button", { class: "first", type: "button", onclick: () => placeDialog() }, "Place a call"), " ", h("a", { class: "button", href: "#/history" }, "See earlier calls")));
}

/** One call's row: made once, and written anew where something is another. */
function row(one) {
  let { call } = one;
  const state = h("span");
  const link = h("a", { href: `#/calls/${call.id}`, class: "who" });
  const way = h("span", { class: "quiet way" });
  const lasts = h("div", { class: "r-time", title: "how long it lasts" });
  const line = h("div", { class: "r-line" });
  const volume = meter();
  const by = h("div", { class: "r-by" });
  const limit = h("div", { class: "r-limit quiet" });
  const act = h("button", { type: "button", onclick: () => actDialog(call) }, "Act…");
  const hang = h("button", { type: "button", class: "grave", onclick: () => hangUpDialog(call) }, "Hang up");
  const element = h("div", { class: "row", role: "listitem" },
    h("div", { class: "r-state" }, state, volume.element), h("div", { class: "r-who" }, way, " ", link), lasts, line, by, limit, h("div", { class: "r-act" }, act, hang));

  element.call = () => call.id;
  element.talks = () => call.state === "in_progress";
  element.hear = volume.show;
  element.tick = () => {
    write(lasts, lasting(lasted(call)));
    const left = call.deadline ? Date.parse(call.deadline) - Date.now() : null;
    write(limit, left === null ? "" : left < 0 ? `${limitWord(call.state)} now` : `${limitWord(call.state)} in ${lasting(left)}`);
  };
  let drawn = "";
  const show = (next) => {
    call = next.call;
    const text = JSON.stringify([call.state, call.alarm, call.ending, next.line, call.waits_for]);
    if (call.answered_at) calls.wantLine(call.id);
    if (text === drawn) return;
    drawn = text;
    element.classList.toggle("over", next.ended);
    element.classList.toggle("amiss", Boolean(call.alarm));
    put(state, stateOf(call));
    write(way, directionWord(call));
    write(link, number(other(call)));
    link.setAttribute("aria-label", `${directionWord(call)} ${number(other(call))}, open`);
    write(line, call.alarm ? `alarm: ${call.alarm}` : next.line ? told(next.line) : call.say ? `${call.answered_at ? "us" : "will say"}: “${call.say}”` : "");
    line.title = line.textContent;
    line.classList.toggle("theirs", !call.alarm && next.line?.who === "them");
    put(by, call.agent ? h("span", {}, call.agent) : h("span", { class: "quiet" }, "no agent"), h("span", { class: "quiet" }, ` · ${call.carrier}`));
    act.disabled = next.ended || call.state === "hanging_up";
    hang.disabled = next.ended || call.state === "hanging_up";
    act.setAttribute("aria-label", `Act on the call ${directionWord(call)} ${number(other(call))}`);
    hang.setAttribute("aria-label", `Hang up the call ${directionWord(call)} ${number(other(call))}`);
    element.tick();
  };
  return { element, show };
}
