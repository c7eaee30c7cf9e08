// The story of a call as a picture: time goes to the right; states, the carrier's news, what was decided,
// and who spoke. It shows nothing that the log beneath it doesn't tell.

import { svg } from "./dom.js";
import { lineOf } from "./lines.js";
import { brief, endingWord, lasting, numbered, stateWord } from "./words.js";

const LEFT = 92;
const RIGHT = 24;
const LANES = { state: 34, carrier: 74, gateway: 108, them: 146, wait: 172, us: 194 };
const HEIGHT = 236;
const BAR = 22;
/** Of words whose sound was not timed: as fast as people speak. */
const MS_A_LETTER = 65;

/** What the gateway itself decided or was asked, rather than heard. */
const DECIDED = new Set(["api", "gateway", "agent", "import"]);

/** The parts of a wait, in order, with what each is called. */
export const WAITS = [["turn_ms", "turn", "their silence"], ["recognizer_ms", "recognizer", "recognizer"], ["model_ms", "model", "model"], ["synthesizer_ms", "synthesizer", "synthesizer"], ["playout_ms", "playout", "playout"]];

/** Everything that is said on a line, with the time that it took as well as that is known. */
export function speech(call, events) {
  const bars = [];
  const open = new Map();
  let n_commands = 0;
  let answered = false;
  for (const event of events) {
    const at = Date.parse(event.at);
    const line = lineOf(event);
    if (!answered && event.state === "in_progress") {
      answered = true;
      if (call.say) {
        const bar = { who: "us", kind: "words", text: call.say, from: at, until: at + call.say.length * MS_A_LETTER, timed: false };
        bars.push(bar);
        open.set(0, bar);
      }
    }
    if (event.kind === "command_asked") n_commands += 1;
    if (line) {
      const length = Math.max(line.text.length * MS_A_LETTER, 300);
      // A command is written when it begins, what was heard when it was over.
      const from = event.kind === "command_asked" || line.who === "us" ? at : at - length;
      const bar = { ...line, from, until: from + length, timed: false };
      bars.push(bar);
      if (event.kind === "command_asked") open.set(n_commands, bar);
    }
    const taken = event.kind === "command_replied" && event.event.command_replied.reply.taken && open.get(event.event.command_replied.id);
    // What was asked may have waited for what was asked before.
    if (taken) [taken.from, taken.until] = [at, at + taken.until - taken.from];
    const id = event.kind === "command_heard" ? event.event.command_heard.id : event.kind === "check_due" ? Number(/^(?:greeting|\w+ (\d+)) done/.exec(event.summary)?.[1] ?? (/greeting done/.test(event.summary) ? 0 : NaN)) : NaN;
    const bar = open.get(id);
    if (bar && event.kind === "command_heard" && event.event.command_heard.performed !== "begun") {
      if (!event.event.command_heard.performed.finished?.speech && !event.event.command_heard.performed.finished?.digits) [bar.until, bar.timed] = [Math.max(at, bar.from + 200), true];
      open.delete(id);
    } else if (bar && event.kind === "command_heard") {
      bar.until += at - bar.from;
      bar.from = at;
    }
  }
  return bars;
}

/**
 * @param {any} call
 * @param {any[]} events
 * @param {{ width: number, started_at: string | null, recording: { from: number, at: () => number, seek: (ms: number) => void } | null }} with_
 */
export function timeline(call, events, { width, started_at, recording }) {
  const begin = Date.parse(events[0].at);
  const last = Date.parse(events.at(-1).at);
  const bars = speech(call, events);
  const end = Math.max(call.ended_at ? Math.max(last, Date.parse(call.ended_at)) : Date.now(), begin + 1000);
  const seconds = (end - begin) / 1000;
  const whole = Math.max(width, Math.min(6000, LEFT + RIGHT + seconds * 6));
  const x = (at) => LEFT + ((Math.min(Math.max(at, begin), end) - begin) / (end - begin)) * (whole - LEFT - RIGHT);
  const told = `From ${new Date(begin).toLocaleTimeString()}, over ${lasting(end - begin)}: ${events.length} events, ${bars.length} times somebody spoke or pressed keys. ${call.ending ? `It ended: ${endingWord(call.ending.kind)}.` : "It lives."}`;
  const picture = svg("svg", { width: whole, height: HEIGHT, viewBox: `0 0 ${whole} ${HEIGHT}`, role: "img", "aria-label": `The story of the call. ${told}` },
    axis(begin, end, x), lanes(), bands(events, end, x), marks(events, x), bars.map((bar) => spoken(bar, x)), starts(events, started_at, begin, end, x));
  if (recording) seeking(picture, recording, begin, end, x);
  return picture;
}

function axis(begin, end, x) {
  const span = (end - begin) / 1000;
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200].find((one) => span / one <= 12) ?? 14400;
  const ticks = [];
  for (let at = 0; at <= span; at += step) {
    const to = x(begin + at * 1000);
    ticks.push(svg("line", { class: "grid", x1: to, x2: to, y1: 22, y2: HEIGHT - 6 }), svg("text", { class: "axis", x: to, y: 14, "text-anchor": at === 0 ? "start" : "middle" }, step < 1 ? `${at.toFixed(1)} s` : lasting(at * 1000)));
  }
  return ticks;
}

function lanes() {
  const names = [["state", "state"], ["carrier", "carrier says"], ["gateway", "decided"], ["them", "they say"], ["wait", "wait"], ["us", "we say"]];
  return names.map(([lane, name]) => svg("text", { class: "lane", x: LEFT - 10, y: LANES[lane] + 15, "text-anchor": "end" }, name));
}

/** For how long each state was believed. */
function bands(events, end, x) {
  const changes = events.filter((event, at) => at === 0 || event.state !== events[at - 1].state);
  return changes.map((event, at) => {
    const from = x(Date.parse(event.at));
    const until = x(at + 1 < changes.length ? Date.parse(changes[at + 1].at) : end);
    const wide = Math.max(until - from, 2);
    const word = stateWord(event.state);
    return svg("g", {}, svg("title", {}, `${word}: ${event.summary}`),
      svg("rect", { class: `band ${event.state}`, x: from, y: LANES.state, width: wide, height: 24, rx: 3 }),
      wide > word.length * 6.6 + 8 && svg("text", { x: from + 6, y: LANES.state + 16 }, word));
  });
}

/** What was heard (triangles), and what was asked or decided (diamonds). */
function marks(events, x) {
  return events.map((event) => {
    const decided = DECIDED.has(event.source) || event.kind === "check_due";
    const [at, y] = [x(Date.parse(event.at)), (decided ? LANES.gateway : LANES.carrier) + 11];
    const shape = decided ? `M${at} ${y - 6}l6 6-6 6-6-6z` : `M${at - 5} ${y - 5}h10l-5 10z`;
    return svg("path", { class: `mark${decided ? " decided" : ""}`, d: shape }, svg("title", {}, `${new Date(event.at).toLocaleTimeString()} ${numbered(event.summary)}`));
  });
}

/** A stretch of speech, and what was waited for before it. */
function spoken(bar, x) {
  const [from, until, y] = [x(bar.from), x(bar.until), LANES[bar.who]];
  const wide = Math.max(until - from, 4);
  const room = Math.floor((wide - 8) / 7.4);
  const text = bar.text.length > room ? `${bar.text.slice(0, Math.max(room - 1, 0))}…` : bar.text;
  const waited = bar.after_ms ? `, ${brief(bar.after_ms)} after them` : "";
  const over = bar.talk_over_ms ? `, ${brief(bar.talk_over_ms)} over us` : "";
  return svg("g", {}, svg("title", {}, `${bar.who === "us" ? "we" : "they"} ${bar.kind === "keys" ? "pressed" : "said"}: ${bar.text}${waited}${over}`),
    wait(bar, x),
    svg("rect", { class: `${bar.who} ${bar.kind}`, x: from, y, width: wide, height: BAR, rx: 3 }),
    room > 2 && svg("text", { x: from + 4, y: y + 15 }, text));
}

function wait(bar, x) {
  if (!bar.after_ms) return null;
  let at = bar.from - bar.after_ms;
  if (!bar.waits) return svg("rect", { class: "wait-whole", x: x(at), y: LANES.wait + 4, width: Math.max(x(bar.from) - x(at), 1), height: 12 });
  return WAITS.map(([key, name]) => {
    const from = at;
    at += bar.waits[key];
    return svg("rect", { class: `wait-${name}`, x: x(from), y: LANES.wait + 4, width: Math.max(x(at) - x(from), 0.5), height: 12 });
  });
}

/** Where the gateway was started anew while the call lived: the last start, and each that its sound tells of. */
function starts(events, started_at, begin, end, x) {
  const found = [];
  let run = null;
  for (const event of events) {
    const { run: its } = event.event.stream_attached ?? {};
    if (its !== undefined && run !== null && its !== run) found.push([Date.parse(event.at), "its sound came to another run of the gateway"]);
    run = its ?? run;
  }
  const at = started_at ? Date.parse(started_at) : 0;
  if (at > begin && at < end) found.push([at, "the gateway was started anew"]);
  return found.map(([when, text]) => svg("g", {}, svg("line", { class: "start", x1: x(when), x2: x(when), y1: 22, y2: HEIGHT - 18 }),
    svg("text", { class: "start-word", ...(x(when) > x(end) / 2 ? { x: x(when) - 4, "text-anchor": "end" } : { x: x(when) + 4 }), y: HEIGHT - 6 }, text)));
}

function seeking(picture, recording, begin, end, x) {
  const head = svg("line", { class: "head-line", y1: 22, y2: HEIGHT - 6 });
  const move = () => {
    const at = x(recording.from + recording.at());
    head.setAttribute("x1", at);
    head.setAttribute("x2", at);
    if (picture.isConnected) requestAnimationFrame(move);
  };
  picture.append(head);
  requestAnimationFrame(move);
  picture.addEventListener("click", (event) => {
    const share = (event.clientX - picture.getBoundingClientRect().left - LEFT) / (x(end) - LEFT);
    recording.seek(begin + share * (end - begin) - recording.from);
  });
}
