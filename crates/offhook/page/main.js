// The page: which view is shown, and what is above all of them.

import { lookSwitch } from "./look.js";
import { ask, isLoggedIn, logOut, open, whenRefused } from "./api.js";
import * as calls from "./calls.js";
import { h, put } from "./dom.js";
import { showFigures } from "./figures.js";
import { showGate } from "./gate.js";
import { showHealth } from "./health.js";
import { showHistory } from "./history.js";
import { showLive } from "./live.js";
import { showLogin } from "./login.js";
import { showNetwork } from "./network.js";
import { placeDialog } from "./place.js";
import { showRecovery } from "./recovery.js";
import { showStory } from "./story.js";
import { lasting, plural } from "./words.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const tools = document.getElementById("tools");
const banner = document.getElementById("banner");

/** Each view shows itself in an element, as its address asks, and says how it is left. */
const VIEWS = {
  live: { name: "Live", show: showLive },
  history: { name: "History", show: showHistory },
  recovery: { name: "Recovery", show: showRecovery },
  health: { name: "Health", show: showHealth },
  gate: { name: "Who may be called", show: showGate },
  figures: { name: "Figures", show: showFigures },
  network: { name: "Simulated network", show: showNetwork },
};

/** How the gateway is, as far as what is above all views tells it. */
const state = { health: null, paused: null, simulated: false };
const HEALTH_EVERY_MS = 5000;

let leave = () => {};
let watching = null;

function route() {
  leave();
  leave = () => {};
  if (!isLoggedIn()) return login();
  const [path, address = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [named, id] = path.split("/");
  const view = named === "calls" && id ? named : named in VIEWS ? named : "live";
  const root = h("div");
  put(main, root);
  leave = (view === "calls" ? showStory(root, id) : VIEWS[view].show(root, address)) ?? leave;
  const name = view === "calls" ? "Call" : VIEWS[view].name;
  document.title = `${name} – offhook`;
  shownNav(view);
  shownBanner();
  scrollTo(0, 0);
  root.querySelector("h1")?.focus({ preventScroll: true });
}

function login() {
  nav.hidden = true;
  put(banner);
  put(tools, lookSwitch());
  document.title = "Log in – offhook";
  showLogin(main, enter);
}

/** After the token was taken. */
function enter() {
  put(tools,
    h("button", { class: "first", type: "button", id: "place", onclick: () => placeDialog() }, "Place a call"),
    lookSwitch(),
    h("button", { type: "button", onclick: () => leaveAll() }, "Log out"));
  nav.hidden = false;
  calls.begin();
  look();
  clearInterval(watching);
  watching = setInterval(look, HEALTH_EVERY_MS);
  route();
}

function leaveAll() {
  logOut();
  calls.end();
  clearInterval(watching);
  route();
}

/** Reads what every view shows at its top. */
async function look() {
  if (document.hidden || !isLoggedIn()) return;
  try {
    const [health, paused, network] = await Promise.all([open("healthz"), ask("GET", "pause"), state.simulated ? null : ask("GET", "network")]);
    state.health = health;
    state.paused = paused;
    if (network) state.simulated = network.networks.length > 0;
  } catch {
    // That the gateway is away is told by the feed.
  }
  shownNav();
  shownBanner();
}

function shownNav(view = nav.dataset.view) {
  nav.dataset.view = view;
  const n_live = calls.live().filter((one) => !one.ended).length;
  const n_amiss = state.health?.reasons.length ?? 0;
  const marks = {
    live: calls.isWhole() && h("span", { class: "n" }, n_live.toLocaleString()),
    health: n_amiss > 0 && h("span", { class: "n amiss" }, `${n_amiss} amiss`),
  };
  const text = JSON.stringify([view, n_live, calls.isWhole(), n_amiss, state.simulated]);
  if (nav.dataset.drawn === text) return;
  nav.dataset.drawn = text;
  const at = nav.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const shown = Object.entries(VIEWS).filter(([name]) => name !== "network" || state.simulated || view === "network");
  put(nav, shown.map(([name, { name: title }]) =>
    h("a", { href: `#/${name}`, "aria-current": name === view ? "page" : null }, title, marks[name])));
  if (at) nav.querySelector(`a[href="${at}"]`)?.focus();
}

function shownBanner() {
  const since = calls.away();
  const parts = [];
  if (since !== null) {
    parts.push(h("div", { class: "bar away" }, h("strong", {}, "The gateway is away"),
      h("span", { class: "grow" }, `It has not answered for ${lasting(Date.now() - since)}. Calls go on at their carriers. This page comes back by itself, and misses nothing.`)));
  }
  if (state.paused?.paused) {
    parts.push(h("div", { class: "bar note" }, h("strong", {}, "Outbound calls are paused"),
      h("span", { class: "grow" }, `Reason: ${state.paused.reason}. Calls that live go on; new ones wait or are refused.`),
      h("a", { href: "#/health" }, "Resume…")));
  }
  const amiss = state.health?.reasons ?? [];
  if (amiss.length > 0 && nav.dataset.view !== "health") {
    parts.push(h("div", { class: "bar alarm" }, h("strong", {}, `▲ ${plural(amiss.length, "thing")} amiss`),
      h("span", { class: "grow" }, amiss[0].length > 160 ? `${amiss[0].slice(0, 160)}…` : amiss[0]),
      h("a", { href: "#/health" }, "What to do")));
  }
  const text = parts.map((part) => part.textContent).join("\n");
  if (banner.dataset.drawn === text) return;
  banner.dataset.drawn = text;
  put(banner, parts);
}

// The link moves the focus by itself only where the address may change; here that names the view.
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
whenRefused(leaveAll);
calls.watch(() => {
  shownNav();
  shownBanner();
});
setInterval(() => calls.away() !== null && shownBanner(), 1000);
addEventListener("hashchange", route);
addEventListener("offhook:changed", look);
document.addEventListener("visibilitychange", look);
if (isLoggedIn()) enter();
else login();
