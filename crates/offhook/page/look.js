// Light or dark: as the system has it, or as one chose.

import { h } from "./dom.js";

const KEPT = "offhook.look";
const dark = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => localStorage.getItem(KEPT);
const inForce = () => chosen() ?? (dark.matches ? "dark" : "light");

function show() {
  document.documentElement.dataset.look = inForce();
}

/** The switch. It says what it would change to. */
export function lookSwitch() {
  const button = h("button", { type: "button", onclick: () => {
    const next = inForce() === "dark" ? "light" : "dark";
    localStorage.setItem(KEPT, next);
    named();
  } });
  const named = () => {
    show();
    const next = inForce() === "dark" ? "Light" : "Dark";
    button.textContent = next;
    button.setAttribute("aria-label", `${next} colours`);
  };
  dark.addEventListener("change", named);
  named();
  return button;
}

show();
