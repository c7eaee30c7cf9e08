// What the last start found unfinished, and what was decided.

import { ask } from "./api.js";
import * as calls from "./calls.js";
import { h, problem, put } from "./dom.js";
import { number, plural, stateWord, time } from "./words.js";

/** What each decision means: docs/http.md has the same. */
const DECISIONS = {
  queued: ["○", "waits in the queue as before"],
  pending: ["◌", "nothing was heard of it yet"],
  asked_again: ["?", "the carrier couldn't say: kept, and asked about again"],
  kept: ["●", "it lives, and goes on"],
  adopted: ["◆", "its leg was found, and it goes on; not dialled again"],
  hung_up: ["◐", "it is to end, and is being hung up"],
  closed: ["■", "it is over"],
};

export function showRecovery(root) {
  const body = h("div");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "What the last start decided")), body);
  let timer = null;
  let gone = false;

  async function read() {
    try {
      const report = await ask("GET", "recovery");
      if (gone) return;
      put(body, shown(report));
      if (report.pending > 0) timer = setTimeout(read, 1000);
    } catch (error) {
      if (!gone) put(body, problem(error));
    }
  }
  put(body, h("p", { class: "quiet", role: "status" }, "Asking the gateway…"));
  read();
  let was = calls.away();
  const unwatch = calls.watch(() => {
    const is = calls.away();
    // It is back: perhaps it was started anew.
    if (was !== null && is === null) read();
    was = is;
  });
  return () => {
    gone = true;
    clearTimeout(timer);
    unwatch();
  };
}

function shown({ started_at, calls: found, orphans, strangers, unfinished, pending }) {
  const sum = h("p", {}, "The gateway was started at ", time(started_at), `, and found ${plural(unfinished, "call")} unfinished. `,
    pending > 0 ? h("strong", {}, `Of ${pending} of them nothing was heard yet; this page looks again.`) : unfinished > 0 ? "All of them are settled." : "");
  const none = h("div", { class: "empty" }, h("strong", {}, "There was nothing to recover"), h("p", {}, "No call was unfinished when the gateway started. Kill it in the middle of one, start it again, and look here."));
  const list = found.length === 0 ? none : h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Decisions" }, h("table", {},
    h("caption", {}, found.length < unfinished ? `The ${found.length} oldest of ${unfinished}` : "The oldest first"),
    h("thead", {}, h("tr", {}, ["Number", "We believed", "The carrier said", "Decision", "Why", "Now"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, found.map((line) => {
      const [shape, meaning] = DECISIONS[line.decision] ?? ["?", ""];
      return h("tr", {},
        h("td", { class: "nowrap" }, h("a", { href: `#/calls/${line.id}` }, number(line.to))),
        h("td", {}, stateWord(line.believed)), h("td", {}, line.carrier?.replaceAll("_", " ") ?? h("span", { class: "quiet" }, "nothing yet")),
        h("td", {}, h("span", { class: "state" }, h("span", { class: "shape", "aria-hidden": "true" }, shape), h("strong", {}, line.decision.replaceAll("_", " "))), h("div", { class: "quiet small" }, meaning)),
        h("td", {}, line.why.replaceAll("in_progress", "in progress")), h("td", {}, stateWord(line.after)));
    }))));
  return [sum, list, h("h2", {}, "Orphans"),
    h("p", { class: "quiet" }, "Calls that lived at a carrier, carried this installation's name, and were not in the store. They are now."),
    orphans.length === 0 ? h("p", {}, "None since the start.") : h("ul", {}, orphans.map((id) => h("li", {}, h("a", { href: `#/calls/${id}`, class: "mono" }, id)))),
    h("h2", {}, "Strangers"),
    h("p", { class: "quiet" }, "Live calls on your accounts that this gateway doesn't know, and leaves alone."),
    strangers.length === 0 ? h("p", {}, "None at the last sweep.") : h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Strangers" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Carrier", "Its name there", "Way", "From", "To"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, strangers.map((one) => h("tr", {},
        h("td", {}, one.carrier), h("td", { class: "mono" }, one.carrier_call_id), h("td", {}, one.direction ?? "not told"),
        h("td", { class: "nowrap" }, number(one.from) || "not told"), h("td", { class: "nowrap" }, number(one.to) || "not told"))))))];
}
