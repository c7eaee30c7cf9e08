// Who may be called: the do-not-call list, and what the dial gate decided.

import { ask } from "./api.js";
import { choice, field, h, problem, put } from "./dom.js";
import { number, numbered, time } from "./words.js";

const PAGE = 100;

export function showGate(root) {
  const dnc = list("The do-not-call list", "numbers", "dnc", ["Number", "Since", "By", "Why", ""], dncRow,
    ["Nobody is on the list", "Numbers get here by hand, by a file, or when somebody who is called asks for it."]);
  const audit = list("What the gate decided", "decisions", "gate/audit", ["When", "Number", "Decided", "Why", "Call"], auditRow,
    ["Nothing was decided yet", "Each call that is asked for is held against the rules; what came of it is kept here."]);
  const to = h("input", { type: "tel", required: true, placeholder: "+12025550143", autocomplete: "off" });
  const reason = h("input", { maxlength: 500, autocomplete: "off" });
  const told = h("div");
  const which = choice([["", "all of them"], ["&refused=true", "refusals alone"]], { onchange: () => audit.read(which.value) });
  const add = async (event) => {
    event.preventDefault();
    try {
      await ask("POST", "dnc", { body: { number: to.value.replace(/[\s().-]/g, ""), ...(reason.value.trim() && { reason: reason.value.trim() }) } });
      to.value = reason.value = "";
      put(told, h("p", { role: "status" }, "It is on the list."));
      dnc.read();
    } catch (error) {
      put(told, problem(error));
    }
  };
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Who may be called")),
    h("h2", {}, "Never called"),
    h("form", { class: "filters", onsubmit: add }, h("div", {}, field("Number", to)), h("div", { class: "wide" }, field("Why", reason)), h("button", { type: "submit" }, "Put it on the list")),
    told, dnc.element,
    h("h2", {}, "What the gate decided"),
    h("div", { class: "filters" }, field("Decisions", which)), audit.element);
  dnc.read();
  audit.read("");

  function dncRow(entry) {
    const off = h("button", { type: "button", "aria-label": `Take ${number(entry.number)} off the list`, onclick: async () => {
      try {
        await ask("DELETE", `dnc/${encodeURIComponent(entry.number)}`);
        dnc.read();
      } catch (error) {
        put(told, problem(error));
      }
    } }, "Take off");
    const by = { api: "by hand", import: "a file", callee_key: "they pressed a key", callee_words: "they said so" }[entry.by] ?? entry.by;
    return [h("span", { class: "nowrap" }, number(entry.number)), time(entry.at), entry.call ? h("a", { href: `#/calls/${entry.call}` }, by) : by, entry.reason || "–", off];
  }
}

function auditRow(one) {
  const shape = { allowed: "●", refused: "■", listed: "▲", unlisted: "○" }[one.decided] ?? "?";
  return [time(one.at), h("span", { class: "nowrap" }, number(one.to)),
    h("span", { class: `state${one.decided === "refused" ? " amiss" : ""}` }, h("span", { class: "shape", "aria-hidden": "true" }, shape), one.decided),
    [one.summary ? numbered(one.summary) : "no rule stands against it", one.rule && h("div", { class: "quiet small" }, `rule ${one.rule.replaceAll("_", " ")}`)],
    one.call ? h("a", { href: `#/calls/${one.call}` }, "its story") : "none was made"];
}

/** A table that is read page by page. */
function list(name, part, path, columns, row, [none, hint]) {
  const body = h("tbody");
  const table = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name, hidden: true }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map((column) => (column ? h("th", { scope: "col" }, column) : h("td", {}))))), body));
  const told = h("div", { role: "status" });
  const more = h("button", { type: "button", hidden: true, onclick: () => page() }, "More");
  let query = "";
  let cursor = "";

  async function page() {
    try {
      const found = await ask("GET", `${path}?limit=${PAGE}${query}${cursor}`);
      body.append(...found[part].map((one) => h("tr", {}, row(one).map((cell) => h("td", {}, cell)))));
      cursor = found.next ? `&cursor=${encodeURIComponent(found.next)}` : null;
      more.hidden = cursor === null;
      table.hidden = body.childElementCount === 0;
      put(told, table.hidden && h("div", { class: "empty" }, h("strong", {}, none), h("p", {}, hint)));
    } catch (error) {
      put(told, problem(error));
    }
  }
  return {
    element: h("div", {}, told, table, h("p", {}, more)),
    read(wanted = query) {
      query = wanted;
      cursor = "";
      put(body);
      put(told, h("p", { class: "quiet" }, "Reading…"));
      page();
    },
  };
}
