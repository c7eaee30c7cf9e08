// A list of which only what is seen is in the page: a thousand calls cost as much as twenty.

import { h } from "./dom.js";

const BEYOND = 6;

/**
 * @template T
 * @param {{ label: string, key: (item: T) => string, make: (item: T) => { element: HTMLElement, show: (item: T) => void } }} of
 */
export function rows({ label, key, make }) {
  const list = h("div", { class: "rows", role: "list", "aria-label": label });
  /** @type {Map<string, { element: HTMLElement, show: (item: any) => void }>} */
  const shown = new Map();
  let items = [];

  function draw() {
    const height = parseFloat(getComputedStyle(list).getPropertyValue("--row")) || 56;
    list.style.height = `${items.length * height}px`;
    const top = -list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / height) - BEYOND);
    const last = Math.min(items.length, Math.ceil((top + innerHeight) / height) + BEYOND);
    const wanted = new Map();
    items.forEach((item, at) => {
      const name = key(item);
      // Whoever has the focus keeps it, however far the list was scrolled.
      const held = shown.get(name)?.element.contains(document.activeElement);
      if ((at >= first && at < last) || held) wanted.set(name, [item, at]);
    });
    for (const [name, row] of shown) {
      if (wanted.has(name)) continue;
      row.element.remove();
      shown.delete(name);
    }
    let before = null;
    for (const [name, [item, at]] of [...wanted].reverse()) {
      let row = shown.get(name);
      if (!row) {
        row = make(item);
        shown.set(name, row);
      }
      row.show(item);
      row.element.setAttribute("aria-setsize", items.length);
      row.element.setAttribute("aria-posinset", at + 1);
      row.element.style.transform = `translateY(${at * height}px)`;
      // Only what isn't there yet is moved: an element that moves loses the focus.
      if (!row.element.isConnected) list.insertBefore(row.element, before);
      before = row.element;
    }
  }

  let due = false;
  const later = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later);
  return {
    element: list,
    show(next) {
      items = next;
      draw();
    },
    leave() {
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    },
  };
}
