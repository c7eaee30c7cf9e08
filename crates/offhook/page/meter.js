// How loud both sides of calls are: GET /v1/levels, for the calls that are seen, and only while somebody looks.

import { messages } from "./feed.js";
import { h } from "./dom.js";

/** Which calls are seen is looked at so often; a list that is scrolled asks no more often than that. */
const LOOK_EVERY_MS = 500;
/** As many as the gateway tells at once. */
const CALLS_MAX = 100;
/** What is softer isn't seen, in decibels of full scale. */
const SOFTEST = -60;

/**
 * Tells the levels of calls, null for one that has no sound here.
 * @param {() => string[]} wanted those that are seen
 * @param {(levels: Record<string, { remote: number, agent: number } | null>) => void} hear
 * @returns {() => void} stops it
 */
export function follow(wanted, hear) {
  let asked = "";
  let open = null;
  const look = () => {
    const calls = document.hidden ? "" : wanted().slice(0, CALLS_MAX).sort().join();
    if (calls === asked) return;
    open?.abort();
    asked = calls;
    if (!calls) return hear({});
    const mine = open = new AbortController();
    messages(`v1/levels?calls=${calls}`, { stopped: mine.signal }, (kind, _, levels) => kind === "levels" && hear(levels))
      // The feed tells that the gateway is away.
      .catch(() => {})
      // What broke is asked for again.
      .finally(() => { if (open === mine) asked = ""; });
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return () => {
    clearInterval(timer);
    open?.abort();
  };
}

/** A meter of both sides, with a word at each where there is room. */
export function meter({ words = false } = {}) {
  const one = (name, side) => {
    const bar = h("span", { class: `bar-of ${side}` });
    return { bar, element: h("span", { class: "level", role: "meter", "aria-label": name, "aria-valuemin": SOFTEST, "aria-valuemax": 0, "aria-valuenow": SOFTEST, title: name }, bar) };
  };
  const sides = { remote: one("their volume", "them"), agent: one("our volume", "us") };
  const word = (text) => words && h("span", { class: "quiet small", "aria-hidden": "true" }, text);
  const element = h("span", { class: `meter${words ? " words" : ""}`, hidden: true }, word("they"), sides.remote.element, word("we"), sides.agent.element);
  return {
    element,
    /** @param {{ remote: number, agent: number } | null | undefined} levels */
    show(levels) {
      element.hidden = !levels;
      for (const [side, { bar, element: level }] of Object.entries(sides)) {
        const db = Math.max(levels?.[side] ?? SOFTEST, SOFTEST);
        level.setAttribute("aria-valuenow", db);
        bar.style.transform = `scaleX(${1 - db / SOFTEST})`;
      }
    },
  };
}
