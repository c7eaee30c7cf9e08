// The calls that live, as far as the page knows them: listed once, and kept by the feed.

import { ask } from "./api.js";
import { follow } from "./feed.js";
import { lineOf } from "./lines.js";

/** @typedef {{ call: any, line: import("./lines.js").Line | null | undefined, ended: boolean }} Live */

/** A call that ended is shown for so long, so that one sees how. */
const SHOWN_MS = 8000;
/** So many logs are read at once for what was said last. */
const READ_AT_ONCE = 3;

/** @type {Map<string, Live>} */
const known = new Map();
const watchers = new Set();
const listeners = new Set();
let drawn = false;
let stop = () => {};
let isAway = null;
let whole = false;
/** Of which calls the feed told since they were last listed: it knows better than a list under way. */
let told = new Set();

/** Those that live, the newest first. */
export const live = () => sorted ??= [...known.values()].sort((a, b) => (a.call.id < b.call.id ? 1 : -1));
/** As they were sorted last; null when something is another since. */
let sorted = null;

export const get = (id) => known.get(id);

/** Since when the gateway is away; null if it is there. */
export const away = () => isAway;

/** Whether the list of what lives was read. */
export const isWhole = () => whole;

/** Calls `act` whenever something is another, at most once for a picture. @returns {() => void} stops it */
export function watch(act) {
  watchers.add(act);
  return () => watchers.delete(act);
}

/** Calls `hear` with each line of the log of all calls. @returns {() => void} stops it */
export function listen(hear) {
  listeners.add(hear);
  return () => listeners.delete(hear);
}

export function begin() {
  stop();
  stop = follow({ message, away: wentAway });
}

export function end() {
  stop();
  known.clear();
  sorted = null;
  whole = false;
}

function wentAway(since) {
  if (isAway === since) return;
  isAway = since;
  changed();
}

function message(kind, news) {
  if (kind === "call") {
    told.add(news.call.id);
    take(news.call, news.event);
    for (const hear of listeners) hear(news.call, news.event);
  } else {
    // "ready" comes first, "gap" when an older store was put back: what was known may not be.
    reload();
  }
}

async function reload() {
  const before = new Set(known.keys());
  told = new Set();
  let cursor = "";
  try {
    do {
      const page = await ask("GET", `calls?live=true&limit=500${cursor}`);
      for (const call of page.calls) {
        before.delete(call.id);
        if (!told.has(call.id)) take(call, null);
      }
      cursor = page.next ? `&cursor=${page.next}` : "";
    } while (cursor);
    for (const id of before) if (!told.has(id)) known.delete(id);
    whole = true;
  } catch {
    // The feed breaks as well, and tells that the gateway is away; it comes back with all of it.
  }
  changed();
}

function take(call, event) {
  const was = known.get(call.id);
  const over = call.state === "ended";
  if (over && !was) return changed();
  const said = event && lineOf(event);
  const line = said ?? was?.line;
  known.set(call.id, { call, line, ended: over });
  if (over && !was?.ended) setTimeout(() => forget(call.id), SHOWN_MS);
  changed();
}

function forget(id) {
  if (known.get(id)?.ended) known.delete(id);
  changed();
}

function changed() {
  sorted = null;
  if (drawn) return;
  drawn = true;
  requestAnimationFrame(() => {
    drawn = false;
    for (const act of watchers) act();
  });
}

const wanted = [];
let reading = 0;

/** Reads what was said last on a call that was there before the page was; for those that are seen. */
export function wantLine(id) {
  const one = known.get(id);
  if (!one || one.line !== undefined || !one.call.answered_at) return;
  one.line = null;
  wanted.push(id);
  readNext();
}

async function readNext() {
  if (reading >= READ_AT_ONCE || wanted.length === 0) return;
  reading += 1;
  const id = wanted.pop();
  try {
    const { events } = await ask("GET", `calls/${id}/events`);
    const said = events.map(lineOf).filter(Boolean).pop();
    const one = known.get(id);
    if (one && said && !one.line) {
      one.line = said;
      changed();
    }
  } catch {
    // Nothing is shown then; the next line comes by the feed.
  }
  reading -= 1;
  readNext();
}
