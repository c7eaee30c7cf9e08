// Figures over time: calls, how they ended, talk, cost, and how long replies were waited for.

import { ask } from "./api.js";
import { chart } from "./chart.js";
import { choice, field, h, problem, put } from "./dom.js";
import { brief, endings, plural } from "./words.js";

const SPANS = [["by=hour&n=24", "the last 24 hours"], ["by=hour&n=168", "the last 7 days, by hour"], ["by=day&n=30", "the last 30 days"], ["by=day&n=365", "the last year"]];

export function showFigures(root) {
  const span = choice(SPANS, { onchange: () => read() });
  const body = h("div");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Figures")), h("div", { class: "filters" }, field("Of", span)), body);
  let gone = false;

  async function read() {
    put(body, h("p", { class: "quiet", role: "status" }, "Counting…"));
    try {
      const figures = await ask("GET", `figures?${span.value}`);
      if (gone) return;
      put(body, shown(figures));
      // On a phone what is newest is what one wants.
      for (const drawing of body.querySelectorAll(".drawn")) drawing.scrollLeft = drawing.scrollWidth;
    } catch (error) {
      if (!gone) put(body, problem(error));
    }
  }
  read();
  return () => { gone = true; };
}

function shown({ by, stretches, replies_of }) {
  const n_calls = stretches.reduce((all, one) => all + one.inbound + one.outbound, 0);
  if (n_calls === 0) return h("div", { class: "empty" }, h("strong", {}, "No calls began in this time"), h("p", {}, "Choose a longer one, or place a call."));
  const name = (one) => {
    const at = new Date(one.from);
    if (by === "day") return at.toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
    const clock = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    return stretches.length > 24 ? `${at.toLocaleDateString(undefined, { day: "numeric", month: "short" })} ${clock}` : clock;
  };
  const count = (value) => (Number.isInteger(value) ? value.toLocaleString() : value.toFixed(1));
  const ended = (...kinds) => (one) => kinds.reduce((all, kind) => all + (one.endings[kind] ?? 0), 0);
  const common = { items: stretches, name };
  const talked = stretches.reduce((all, one) => all + one.talked_s, 0);
  const cost = stretches[0].cost === null ? null : stretches.reduce((all, one) => all + Number(one.cost), 0);
  const replies = stretches.some((one) => one.replies);
  return [
    h("p", {}, h("strong", {}, plural(n_calls, "call")), `, ${count(stretches.reduce((all, one) => all + one.answered, 0))} answered, ${count(talked / 60)} minutes of talk, `,
      cost === null ? "cost unknown: no carrier has a price_per_minute." : `outbound talk for ${cost.toFixed(2)}.`,
      by === "day" ? " Days are those of UTC." : ""),
    h("h2", {}, "Calls"), chart({ ...common, label: "Calls that began", write: count, parts: [{ name: "placed", kind: "a", of: (one) => one.outbound }, { name: "came in", kind: "b", of: (one) => one.inbound }] }),
    h("h2", {}, "How they ended"), chart({ ...common, label: "Endings", write: count, parts: [{ name: "completed", kind: "a", of: ended("completed") }, { name: "busy, no answer, rejected or canceled", kind: "b", of: ended("busy", "no_answer", "rejected", "canceled") }, { name: "failed, or fate unknown", kind: "c", of: ended("failed", "indeterminate") }] }),
    h("h2", {}, "Minutes of talk"), chart({ ...common, label: "Minutes of talk", write: count, parts: [{ name: "minutes", kind: "a", of: (one) => one.talked_s / 60 }] }),
    cost !== null && [h("h2", {}, "Cost"), chart({ ...common, label: "Cost of outbound talk", write: (value) => value.toFixed(2), parts: [{ name: "cost, by price_per_minute", kind: "a", of: (one) => Number(one.cost) }] })],
    h("h2", {}, "How long they waited for replies"),
    replies
      ? [chart({ ...common, label: "Waits for replies", lines: true, write: brief, parts: [["half of them at most", "a", "p50_ms"], ["95 of 100 at most", "b", "p95_ms"], ["99 of 100 at most", "c", "p99_ms"]].map(([text, kind, key]) => ({ name: text, kind, of: (one) => one.replies?.[key] ?? null })) }),
        h("p", { class: "quiet small" }, `Read off the logs of the ${replies_of} newest answered calls of each ${by}, at most.`)]
      : h("p", { class: "quiet" }, "No agent replied to anybody in this time, or nobody timed it."),
    table(stretches, name, by, count, cost),
  ];
}

function table(stretches, name, by, count, cost) {
  const columns = [
    ["Placed", (one) => count(one.outbound)], ["Came in", (one) => count(one.inbound)], ["Answered", (one) => count(one.answered)],
    ...endings.map(([kind, word]) => [word, (one) => count(one.endings[kind] ?? 0)]),
    ["Minutes", (one) => count(one.talked_s / 60)],
    ...(cost === null ? [] : [["Cost", (one) => one.cost]]),
    ...[["p50", "p50_ms"], ["p95", "p95_ms"], ["p99", "p99_ms"]].map(([word, key]) => [`Wait ${word}`, (one) => (one.replies ? brief(one.replies[key]) : "–")]),
  ];
  const some = stretches.filter((one) => one.inbound + one.outbound > 0);
  return [h("h2", {}, "The same as a table"), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Figures" }, h("table", {},
    h("caption", {}, some.length < stretches.length ? `Each ${by} in which a call began, the newest first` : "The newest first"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, by === "day" ? "Day" : "Hour"), columns.map(([word]) => h("th", { scope: "col", class: "num" }, word)))),
    h("tbody", {}, some.reverse().map((one) => h("tr", {}, h("th", { scope: "row" }, name(one)), columns.map(([, value]) => h("td", { class: "num" }, value(one))))))))];
}
