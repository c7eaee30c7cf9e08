// Elements, made without ever reading a text as markup.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {Element} element
 * @param {Record<string, any>} props names that begin with `on` are listeners, and `true` an empty attribute
 * @param {Array<Child | Child[]>} children
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...kept(children));
  return element;
}

/** @param {Array<Child | Child[]>} children */
function kept(children) {
  return children.flat(2).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** An element of HTML. @returns {any} */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An element of SVG. @returns {any} */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

/** Replaces what is in an element. */
export function put(element, ...children) {
  element.replaceChildren(...kept(children));
  return element;
}

/** Sets a text only if it is another, so that nothing is laid out anew for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A field with its label. */
export function field(label, input, hint) {
  const id = input.id || `f${++n_ids}`;
  input.id = id;
  const told = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  if (told) input.setAttribute("aria-describedby", told.id);
  return h("div", {}, h("label", { for: id }, label), input, told);
}

/** A checkbox with its label. */
export function tick(label, input) {
  input.type = "checkbox";
  return h("label", { class: "tick" }, input, label);
}

/** A choice; each option is a word, or a word with its text. */
export function choice(options, props = {}) {
  const one = (option) => (Array.isArray(option) ? option : [option, option]);
  return h("select", props, options.map(one).map(([value, text]) => h("option", { value }, text)));
}

/** Opens a dialog, which is gone when it is closed. Whoever had the focus gets it back. */
export function dialog(title, ...children) {
  const before = document.activeElement;
  const heading = h("h1", { id: `f${++n_ids}`, tabindex: "-1" }, title);
  const box = h("dialog", { "aria-labelledby": heading.id }, heading, ...children);
  box.addEventListener("close", () => {
    box.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

/** Shows what went wrong, with the way out. */
export function problem(error) {
  const { title, detail, code, changed_by, not_before } = error;
  return h("div", { class: "problem", role: "alert" },
    h("strong", {}, title || "That did not work"),
    h("p", {}, detail || error.message),
    changed_by && h("p", {}, "What changes it: ", h("code", {}, changed_by)),
    not_before && h("p", {}, `It would be refused until ${new Date(not_before).toLocaleString()}.`),
    code && h("p", { class: "quiet small" }, `${code}: docs/errors/${code}.md tells more.`));
}

let n_ids = 0;
