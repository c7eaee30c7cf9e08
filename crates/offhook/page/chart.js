// Charts of figures over time. Each has its table beneath, which tells the same to everybody.

import { h, svg } from "./dom.js";

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [200, 52, 10, 12, 24];
/** Widths of the drawing, for a phone and for a screen, so that its words are as large on both. */
const [NARROW, WIDE] = [600, 1200];

/**
 * @typedef {{ name: string, kind: "a" | "b" | "c", of: (item: any) => number | null }} Part
 * @param {{ label: string, items: any[], parts: Part[], name: (item: any) => string, write: (value: number) => string, lines?: boolean }} of
 */
export function chart({ label, items, parts, name, write, lines = false }) {
  const width = innerWidth < 700 ? NARROW : WIDE;
  const sum = (item) => parts.reduce((all, part) => all + (part.of(item) ?? 0), 0);
  const most = nice(Math.max(...items.map((item) => (lines ? Math.max(...parts.map((part) => part.of(item) ?? 0)) : sum(item))), 0));
  const wide = (width - LEFT - RIGHT) / items.length;
  const y = (value) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const every = Math.ceil((items.length * 100) / width);
  const drawn = lines ? parts.map((part) => line(part, items, wide, y)) : items.map((item, at) => bars(item, at, parts, wide, y));
  return h("figure", { class: "chart" }, h("div", { class: "drawn", tabindex: "0", role: "region", "aria-label": label }, svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${label}: the table beneath has the figures` },
    [0, 0.5, 1].map((share) => [svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(most * share), y2: y(most * share) }), svg("text", { x: LEFT - 6, y: y(most * share) + 4, "text-anchor": "end" }, write(most * share))]),
    items.map((item, at) => at % every === 0 && svg("text", { x: LEFT + (at + 0.5) * wide, y: HEIGHT - 6, "text-anchor": "middle" }, name(item))),
    drawn,
    items.map((item, at) => svg("rect", { x: LEFT + at * wide, y: TOP, width: wide, height: HEIGHT - TOP - BOTTOM, fill: "transparent" }, svg("title", {}, [name(item), ...parts.map((part) => `${part.name}: ${part.of(item) === null ? "none" : write(part.of(item))}`)].join("\n")))))),
  h("ul", { class: "legend" }, parts.map((part) => h("li", {}, svg("svg", { width: 22, height: 11, "aria-hidden": "true" }, lines ? svg("path", { class: `line ${part.kind}`, d: "M0 6h22" }) : svg("rect", { class: part.kind, width: 11, height: 11 })), part.name))));
}

function bars(item, at, parts, wide, y) {
  let low = 0;
  return parts.map((part) => {
    const value = part.of(item) ?? 0;
    const top = y(low + value);
    const bar = value > 0 && svg("rect", { class: part.kind, x: LEFT + at * wide + wide * 0.12, y: top, width: wide * 0.76, height: Math.max(y(low) - top, 1) });
    low += value;
    return bar;
  });
}

/** A line, with a gap where there is nothing. */
function line(part, items, wide, y) {
  let path = "";
  let down = false;
  const points = items.map((item, at) => {
    const value = part.of(item);
    if (value === null) {
      down = false;
      return null;
    }
    const to = `${LEFT + (at + 0.5) * wide} ${y(value)}`;
    path += `${down ? "L" : "M"}${to}`;
    down = true;
    return svg("circle", { class: part.kind, cx: LEFT + (at + 0.5) * wide, cy: y(value), r: 2.5 });
  });
  return [path && svg("path", { class: `line ${part.kind}`, d: path }), points];
}

/** The next number that is good to read. */
function nice(value) {
  if (value <= 0) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((one) => one * ten).find((one) => one >= value);
}
