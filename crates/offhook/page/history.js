// Calls that are over, and those before them.

import { ask } from "./api.js";
import { choice, field, h, problem, put } from "./dom.js";
import { callLink, directionWord, enderWord, endings, lasted, lasting, plural, stateOf, time } from "./words.js";

const PAGE = 100;
/** So many pages are read for one question, before one is asked whether to go on. */
const PAGES_AT_ONCE = 10;
/** Or until so many are found. */
const ENOUGH = 25;

export function showHistory(root) {
  const search = h("input", { type: "search", placeholder: "a number, an agent, a carrier, an id", onchange: again });
  const ending = choice([["", "any ending"], ...endings], { onchange: again });
  const way = choice([["", "both ways"], ["inbound", "came in"], ["outbound", "were placed"]], { onchange: again });
  const told = h("div", { role: "status" });
  const body = h("tbody");
  const table = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Earlier calls" }, h("table", {},
    h("caption", { class: "sr" }, "Calls that are over, the newest first"),
    h("thead", {}, h("tr", {}, ["When", "Way", "Number", "Ended", "Why", "Lasted", "Agent", "Carrier"].map((name) => h("th", { scope: "col", class: name === "Lasted" ? "num" : null }, name)))), body));
  const more = h("button", { type: "button", onclick: () => read() }, "Older ones");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "History")),
    h("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); again(); } },
      h("div", { class: "wide" }, field("Search", search)), field("Ended", ending), field("Way", way), h("button", { type: "submit" }, "Search")),
    told, table, h("p", {}, more));

  let cursor = "";
  let turn = 0;
  let n_shown = 0;
  let n_read = 0;

  function again() {
    cursor = "";
    n_shown = n_read = 0;
    put(body);
    read();
  }

  async function read() {
    const mine = ++turn;
    let n_found = 0;
    more.hidden = true;
    put(told, h("p", { class: "quiet" }, "Reading…"));
    try {
      for (let pages = 0; pages < PAGES_AT_ONCE; pages += 1) {
        const page = await ask("GET", `calls?state=ended&limit=${PAGE}${cursor}`);
        if (mine !== turn) return;
        const found = page.calls.filter((call) => fits(call, search.value, ending.value, way.value));
        body.append(...found.map(row));
        n_read += page.calls.length;
        n_shown += found.length;
        cursor = page.next ? `&cursor=${page.next}` : null;
        n_found += found.length;
        if (cursor === null || n_found >= ENOUGH) break;
      }
      more.hidden = cursor === null;
      table.hidden = n_shown === 0;
      put(told, n_shown > 0 ? h("p", { class: "quiet" }, `${plural(n_shown, "call")} of the ${n_read.toLocaleString()} newest${cursor === null ? ", which are all that are kept" : ""}`) : nothing(n_read, cursor));
    } catch (error) {
      put(told, problem(error));
    }
  }
  again();
  return () => { turn += 1; };
}

function nothing(n_read, cursor) {
  if (n_read === 0) return h("div", { class: "empty" }, h("strong", {}, "No call is over yet"), h("p", {}, "Place one, or wait for somebody to call; what became of it is kept here."));
  return h("div", { class: "empty" }, h("strong", {}, "No such call"), h("p", {}, `None of the ${n_read.toLocaleString()} newest is like that.${cursor === null ? " Take a word out of the search." : " Older ones may be."}`));
}

function fits(call, text, ending, way) {
  if (ending && call.ending?.kind !== ending) return false;
  if (way && call.direction !== way) return false;
  const digits = text.replace(/[\s()-]/g, "");
  if (/^\+?\d{3,}$/.test(digits)) return call.from.includes(digits) || call.to.includes(digits);
  const all = [call.from, call.to, call.agent, call.carrier, call.id, call.carrier_call_id, call.ending?.cause, call.say].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).filter(Boolean).every((word) => all.includes(word));
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
