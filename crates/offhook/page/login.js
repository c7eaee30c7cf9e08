// Who may see the page: whoever has the token of the API.

import { ask, logIn } from "./api.js";
import { field, h, problem, put, tick } from "./dom.js";

/** Shows the form in `main`; `done` is called when the token was taken. */
export function showLogin(main, done) {
  const token = h("input", { type: "password", autocomplete: "current-password", required: true, spellcheck: "false", id: "token" });
  const stay = h("input", { id: "stay" });
  const told = h("div");
  const button = h("button", { class: "first", type: "submit" }, "Log in");
  const submit = async (event) => {
    event.preventDefault();
    put(told, h("p", { class: "quiet", role: "status" }, "Asking the gateway…"));
    button.disabled = true;
    try {
      await ask("GET", "pause", { as: token.value.trim() });
      logIn(token.value.trim(), stay.checked);
      done();
    } catch (error) {
      const wrong = error.status === 401 && { title: "The gateway doesn't take this token", detail: "Copy it whole, without spaces. A gateway that was given no token made its own, in the file below." };
      put(told, problem(wrong || error));
      token.focus();
      token.select();
    } finally {
      button.disabled = false;
    }
  };
  put(main, h("form", { class: "login", onsubmit: submit },
    h("h1", { tabindex: "-1" }, "Log in"),
    h("p", { class: "quiet" }, "This page shows the calls of the gateway, and speaks with it as a program does: with the token of its API."),
    field("Token", token),
    tick("Keep me logged in on this machine", stay),
    h("p", { class: "hint" }, "Otherwise the token is forgotten with this tab."),
    told, button,
    h("details", { class: "small" }, h("summary", {}, "Where is the token?"),
      h("p", {}, "It is ", h("code", {}, "[api] token"), " of the configuration. Where none is set, the gateway made one at its first start, in a file beside its store. In a terminal on its machine:"),
      h("p", {}, h("code", {}, "cat ~/.local/state/offhook/offhook.db.token")))));
  token.focus();
}
