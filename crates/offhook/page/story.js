// One call: what it is, its story as a picture, what was said, and its whole log in words.

import { ask } from "./api.js";
import { actions, hangUpDialog } from "./actions.js";
import * as calls from "./calls.js";
import { h, problem, put, svg, write } from "./dom.js";
import { truth } from "./network.js";
import { listening } from "./listening.js";
import { placeDialog } from "./place.js";
import { recording } from "./recording.js";
import { speech, timeline, WAITS } from "./timeline.js";
import { brief, directionWord, enderWord, endingWord, lasted, lasting, limitWord, number, numbered, other, stateOf, stateWord, time } from "./words.js";

const PAGE = 500;
/** Longer logs are shown as far as this. */
const EVENTS_MAX = 5000;
/** The picture of a longer one is drawn anew when something happens, not each second. */
const REDRAWN_MAX = 400;

export function showStory(root, id) {
  const heading = h("h1", { tabindex: "-1" }, "Call");
  const stands = h("span");
  const lasts = h("span", { class: "quiet" });
  const head = h("div", {}, h("div", { class: "head" }, heading, stands, lasts));
  const told = h("div", {}, h("p", { class: "quiet", role: "status" }, "Reading its story…"));
  const facts = h("div");
  const act = h("div");
  const sound = h("div");
  const live = listening(id);
  const box = h("div", { class: "timeline", tabindex: "0", role: "region", "aria-label": "Timeline" });
  const key = h("div");
  const drawing = h("div", { hidden: true }, h("h2", {}, "Its story"), box, key);
  const words = h("div");
  const real = h("div");
  const log = logTable();
  put(root, head, told, facts, act, live.element, sound, drawing, words, real, log.element);
  let call = null;
  let events = [];
  let started_at = null;
  let player = null;
  let tape = null;
  let taped = null;
  let acted = null;
  let gone = false;
  let due = null;

  async function read() {
    try {
      const [is, recovery] = [await ask("GET", `calls/${id}`), await ask("GET", "recovery").catch(() => null)];
      const all = [];
      let cursor = "";
      do {
        const page = await ask("GET", `calls/${id}/events?limit=${PAGE}${cursor}`);
        all.push(...page.events);
        cursor = page.next && all.length < EVENTS_MAX ? `&cursor=${page.next}` : "";
      } while (cursor);
      if (gone) return;
      [call, events, started_at] = [is, all, recovery?.started_at ?? null];
      draw();
    } catch (error) {
      if (!gone) put(told, problem(error), h("p", {}, h("a", { href: "#/live" }, "To the live calls")));
    }
  }

  function draw() {
    const over = call.state === "ended";
    put(told);
    write(heading, `Call ${directionWord(call)} ${number(other(call))}`);
    put(stands, stateOf(call));
    write(lasts, lasting(lasted(call)));
    put(facts, call.alarm && h("div", { class: "problem" }, h("strong", {}, "▲ Alarm"), h("p", {}, call.alarm)), factList(call));
    // What one is about to ask of it is left alone while it lives.
    if (over !== acted) put(act, over ? again(call) : acts(call));
    acted = over;
    live.show(call);
    // What is being listened to is left alone.
    if (call.recording && (!tape || (taped !== call.recording.state && !player))) {
      taped = call.recording.state;
      tape = recording(call, (found) => { player = found; picture(); });
      put(sound, tape.element);
    }
    picture();
    put(words, transcript(call, events));
    put(key, legend(events));
    log.show(events);
    if (call.carrier_call_id) truth(call, real);
  }

  function picture() {
    drawing.hidden = false;
    box.classList.toggle("seeks", player !== null);
    put(box, timeline(call, events, { width: Math.max(box.clientWidth, 300), started_at, recording: player }));
  }

  const unlisten = calls.listen((is, event) => {
    if (is.id !== id || !call) return;
    call = { ...is, waits_for: undefined };
    if (event.version > (events.at(-1)?.version ?? 0)) events.push(event);
    // Many lines come at once; one picture tells them all.
    due ??= setTimeout(() => {
      due = null;
      if (!gone) draw();
    }, 100);
  });
  const ticking = setInterval(() => {
    if (!call || call.state === "ended") return;
    write(lasts, lasting(lasted(call)));
    const limit = facts.querySelector(".limit");
    if (limit && call.deadline) write(limit, lasting(Date.parse(call.deadline) - Date.now()));
    if (!document.hidden && events.length < REDRAWN_MAX) picture();
  }, 1000);
  let was = calls.away();
  const unwatch = calls.watch(() => {
    if (was !== null && calls.away() === null) read();
    was = calls.away();
  });
  const resized = () => call && picture();
  addEventListener("resize", resized);
  read();
  return () => {
    gone = true;
    unlisten();
    unwatch();
    clearInterval(ticking);
    clearTimeout(due);
    removeEventListener("resize", resized);
    tape?.leave();
    live.leave();
  };
}

function factList(call) {
  const { ending } = call;
  const all = [
    ["From", number(call.from)], ["To", number(call.to)],
    ["Carrier", call.carrier], ["Agent", call.agent ?? "none"],
    ["Asked for", time(call.created_at)], ["Answered", call.answered_at ? time(call.answered_at) : "not yet"],
    ending && !call.answered_at && ["Answered", "never"],
    call.answered_by && ["Picked up by", call.answered_by],
    call.ended_at && ["Ended", time(call.ended_at)],
    ending && ["How", `${endingWord(ending.kind)}, by ${enderWord(ending.by)}: ${ending.cause.replaceAll("_", " ")}`],
    ending && ["Proved by", ending.confirmed_by === "nobody" ? "nobody: what became of it could not be learnt" : ending.confirmed_by.replaceAll("_", " ")],
    call.deadline && [limitWord(call.state), h("span", {}, "in ", h("span", { class: "limit" }, lasting(Date.parse(call.deadline) - Date.now())))],
    call.waits_for && ["Waits for", call.waits_for],
    call.pressed && ["They pressed", call.pressed],
    ["Its name", h("span", { class: "mono" }, call.id)],
    call.carrier_call_id && ["Its name at the carrier", h("span", { class: "mono" }, call.carrier_call_id)],
  ];
  const shown = new Map(all.filter(Boolean));
  return h("dl", { class: "facts" }, [...shown].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function acts(call) {
  return h("section", { class: "panel", "aria-label": "Act on the call" },
    h("div", { class: "head" }, h("h2", {}, "Act on it"), h("span", { class: "grow" }), h("button", { type: "button", class: "grave", onclick: () => hangUpDialog(call) }, "Hang up…")),
    actions(call));
}

function legend(events) {
  const swatch = (name, text) => h("li", {}, svg("svg", { width: 11, height: 11, "aria-hidden": "true" }, svg("rect", { class: `wait-${name}`, width: 11, height: 11 })), text);
  const waited = events.some((event) => event.event.spoken?.waits);
  return h("ul", { class: "legend" }, h("li", {}, "▼ heard from the carrier"), h("li", {}, "◆ asked or decided here"),
    waited && WAITS.map(([, name, text]) => swatch(name, text)),
    h("li", {}, "how long words took is estimated where nobody timed them"));
}

function transcript(call, events) {
  const said = speech(call, events);
  if (said.length === 0) return [h("h2", {}, "What was said"), h("p", { class: "quiet" }, call.state === "ended" ? "Nothing is on record." : "Nothing yet.")];
  const waits = said.filter((bar) => bar.after_ms);
  return [h("h2", {}, "What was said"),
    h("ol", { class: "talk" }, said.map((bar) => h("li", { class: `${bar.who} ${bar.kind}` },
      h("div", { class: "by" }, bar.who === "us" ? (call.agent ?? "we") : "they", " · ", time(new Date(bar.from).toISOString(), { day: false }), bar.after_ms ? ` · ${brief(bar.after_ms)} after them` : "", bar.talk_over_ms ? ` · ${brief(bar.talk_over_ms)} over us` : ""),
      bar.kind === "keys" ? `keys ${bar.text}` : bar.text))),
    waits.length > 0 && h("details", {}, h("summary", {}, "How long they waited for each reply, and for what"),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Waits" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Reply"), h("th", { scope: "col", class: "num" }, "Whole"), WAITS.map(([, , name]) => h("th", { scope: "col", class: "num" }, name)))),
        h("tbody", {}, waits.map((bar) => h("tr", {}, h("td", {}, bar.text.slice(0, 80)), h("td", { class: "num" }, brief(bar.after_ms)), WAITS.map(([key]) => h("td", { class: "num" }, bar.waits ? brief(bar.waits[key]) : "–"))))))))];
}

function again(call) {
  return h("p", {}, h("button", { type: "button", onclick: () => placeDialog({ to: other(call) }) }, "Call them again…"));
}

/** The log, to which lines are added as they come. */
function logTable() {
  const body = h("tbody");
  const line = (event) => h("tr", {}, h("td", {}, time(event.at, { millis: true, day: false })), h("td", {}, numbered(event.summary)), h("td", {}, event.source.replace("_", " ")), h("td", { class: "nowrap" }, stateWord(event.state)));
  const element = h("div", { hidden: true }, h("h2", {}, "Its log"), h("div", { class: "scroll log", tabindex: "0", role: "region", "aria-label": "Log" }, h("table", {},
    h("caption", {}, "Everything that was heard and decided, in order"),
    h("thead", {}, h("tr", {}, ["When", "What", "Told by", "State after it"].map((name) => h("th", { scope: "col" }, name)))), body)));
  return {
    element,
    show(events) {
      element.hidden = false;
      body.append(...events.slice(body.childElementCount).map(line));
    },
  };
}
