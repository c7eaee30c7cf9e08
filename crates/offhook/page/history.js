// Calls that are over. The gateway searches; the address holds what is searched for.

import { ask } from "./api.js";
import { choice, field, h, problem, put } from "./dom.js";
import { callLink, directionWord, enderWord, endings, lasted, lasting, plural, stateOf, time } from "./words.js";

const PAGE = 50;
/** A search looks at a bounded number of calls for each answer: so many are asked for, before one is asked whether to go on. */
const ANSWERS_AT_ONCE = 20;
/** Or until so many are found. */
const ENOUGH = 25;

export function showHistory(root, address) {
  const fields = searchFields(() => again());
  fields.read(address);
  const told = h("div", { role: "status" });
  const body = h("tbody");
  const table = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Earlier calls" }, h("table", {},
    h("caption", { class: "sr" }, "Calls that are over, the newest first"),
    h("thead", {}, h("tr", {}, ["When", "Way", "Number", "Ended", "Why", "Lasted", "Agent", "Carrier"].map((name) => h("th", { scope: "col", class: name === "Lasted" ? "num" : null }, name)))), body));
  const more = h("button", { type: "button", onclick: () => older() }, "Older ones");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "History")), fields.element, told, table, h("p", {}, more));

  let asked = "";
  let cursor = "";
  let turn = 0;

  function again() {
    if (fields.named()) {
      location.hash = `#/calls/${fields.named()}`;
      return;
    }
    asked = fields.query();
    const named = `#/history${asked && `?${asked}`}`;
    // Whoever goes back from a call finds the search again.
    if (location.hash !== named) history.replaceState(null, "", named);
    cursor = "";
    put(body);
    read();
  }

  async function older() {
    const before = body.childElementCount;
    await read();
    body.rows[before]?.querySelector("a").focus();
  }

  async function read() {
    const mine = ++turn;
    const enough = body.childElementCount + ENOUGH;
    more.hidden = true;
    put(told, h("p", { class: "quiet" }, "Reading…"));
    try {
      for (let answers = 0; answers < ANSWERS_AT_ONCE; answers += 1) {
        const page = await ask("GET", `calls?state=ended&limit=${PAGE}${asked && `&${asked}`}${cursor}`);
        if (mine !== turn) return;
        body.append(...page.calls.map(row));
        cursor = page.next ? `&cursor=${page.next}` : null;
        if (cursor === null || body.childElementCount >= enough) break;
      }
      shown();
    } catch (error) {
      if (mine !== turn) return;
      table.hidden = body.childElementCount === 0;
      put(told, problem(error));
    }
  }

  function shown() {
    const n_shown = body.childElementCount;
    more.hidden = cursor === null;
    table.hidden = n_shown === 0;
    put(told, n_shown > 0 ? h("p", { class: "quiet" }, `${plural(n_shown, "call")}${cursor === null ? ", and no more" : ", the newest; there are older ones"}`) : nothing(asked, cursor));
  }
  again();
  return () => { turn += 1; };
}

/** What may be asked for, each under the name by which the gateway knows it. */
function searchFields(again) {
  const named = {
    said: h("input", { type: "search", placeholder: "words of either side, or a call’s id" }),
    number: h("input", { type: "search", placeholder: "+12025550143", autocomplete: "off" }),
    ending: choice([["", "any ending"], ...endings]),
    direction: choice([["", "both ways"], ["inbound", "came in"], ["outbound", "were placed"]]),
    agent: h("input", { type: "search" }),
    carrier: h("input", { type: "search" }),
    since: h("input", { type: "date" }),
    until: h("input", { type: "date" }),
  };
  const { said, number, ending, direction, agent, carrier, since, until } = named;
  // A word is sought when it is sent off: were it when it is left, a click on a call that was found would lose it.
  for (const chosen of [ending, direction, since, until]) chosen.addEventListener("change", again);
  const rare = h("details", {}, h("summary", {}, "By agent, carrier and day"),
    h("div", { class: "filters" }, field("Agent", agent), field("Carrier", carrier), field("From the day", since), field("To the day", until)));
  const element = h("form", { role: "search", onsubmit: (event) => { event.preventDefault(); again(); } },
    h("div", { class: "filters" }, h("div", { class: "wide" }, field("Said on it", said)), field("Number", number), field("Ended", ending), field("Way", direction), h("button", { type: "submit" }, "Search")),
    rare);
  return {
    element,
    read(address) {
      const given = new URLSearchParams(address);
      for (const [name, input] of Object.entries(named)) input.value = days[name] ? days[name].read(given.get(name)) : given.get(name) ?? "";
      rare.open = [agent, carrier, since, until].some((input) => input.value);
    },
    /** The call whose id was written, if one was. */
    named: () => said.value.trim().match(/^c_[0-9a-hjkmnp-tv-z]{26}$/)?.[0],
    query() {
      const wanted = new URLSearchParams();
      for (const [name, input] of Object.entries(named)) {
        const value = name === "number" ? input.value.replace(/[\s().-]/g, "") : input.value.trim();
        if (value) wanted.set(name, days[name]?.write(value) ?? value);
      }
      return wanted.toString();
    },
  };
}

/** Days are those of the browser, and the gateway's `until` is a time that is too late. */
const days = {
  since: { write: (day) => midnight(day, 0).toISOString(), read: (at) => dayOf(at, 0) },
  until: { write: (day) => midnight(day, 1).toISOString(), read: (at) => dayOf(at, -1) },
};

function midnight(day, n_later) {
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + n_later);
  return at;
}

function dayOf(at, n_later) {
  if (!at || Number.isNaN(Date.parse(at))) return "";
  const day = new Date(at);
  day.setDate(day.getDate() + n_later);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

function nothing(asked, cursor) {
  if (!asked && cursor === null) return h("div", { class: "empty" }, h("strong", {}, "No call is over yet"), h("p", {}, "Place one, or wait for somebody to call; what became of it is kept here."));
  const number = new URLSearchParams(asked).get("number");
  return h("div", { class: "empty" }, h("strong", {}, "No such call"),
    h("p", {}, cursor === null ? "None that is kept is like that. Take something out of the search." : "None of those that were looked at so far is like that. Older ones may be."),
    /^\d{7,}$/.test(number ?? "") && h("p", {}, "A number is written with + and its country code, such as +1 202 555 0143."));
}

function row(call) {
  const { ending } = call;
  const long = call.answered_at ? lasting(lasted(call)) : h("span", { class: "quiet" }, "not answered");
  return h("tr", {},
    h("td", {}, time(call.created_at)),
    h("td", {}, directionWord(call)),
    h("td", { class: "nowrap" }, callLink(call)),
    h("td", {}, stateOf(call)),
    h("td", {}, `by ${enderWord(ending.by)}: ${ending.cause.replaceAll("_", " ")}`),
    h("td", { class: "num nowrap" }, long),
    h("td", {}, call.agent ?? "–"),
    h("td", {}, call.carrier));
}
