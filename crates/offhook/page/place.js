// Placing a call.

import { ask, newKey } from "./api.js";
import * as calls from "./calls.js";
import { dialog, field, h, problem, put, tick } from "./dom.js";

/** Asks whom to call, and calls them. */
export function placeDialog(given = {}) {
  const to = h("input", { type: "tel", required: true, autocomplete: "off", placeholder: "+12025550143", value: given.to ?? "", id: "to" });
  const say = h("textarea", { maxlength: 3000, rows: 3, id: "say" });
  const from = h("input", { type: "tel", autocomplete: "off", placeholder: "the first of your numbers" });
  const agents = [...new Set(calls.live().map((one) => one.call.agent).filter(Boolean))];
  const agent = h("input", { list: "agents", autocomplete: "off", placeholder: "none" });
  const hold = h("input");
  const told = h("div");
  const button = h("button", { class: "first", type: "submit" }, "Call");
  // One key for one wish: should the answer be lost, the repeat rings nobody twice.
  let [key, wished] = [newKey(), ""];

  const submit = async (event) => {
    event.preventDefault();
    const body = { to: to.value.replace(/[\s().-]/g, "") };
    if (say.value.trim()) body.say = say.value.trim();
    if (from.value.trim()) body.from = from.value.replace(/[\s().-]/g, "");
    if (agent.value.trim()) body.agent = agent.value.trim();
    if (hold.checked) body.hold = true;
    const wish = JSON.stringify(body);
    if (wish !== wished) [key, wished] = [newKey(), wish];
    button.disabled = true;
    put(told, h("p", { class: "quiet", role: "status" }, "Asking the gateway…"));
    try {
      const call = await ask("POST", "calls", { body, key });
      box.close();
      location.hash = `#/calls/${call.id}`;
    } catch (error) {
      if (error.status) wished = "";
      put(told, problem(error));
    } finally {
      button.disabled = false;
    }
  };
  const box = dialog("Place a call",
    h("form", { onsubmit: submit },
      field("Number", to, "With + and the country code."),
      field("What is said when they answer", say, "Empty: the line is held, and you say it then."),
      field("Agent that talks then", agent, "The name of one in the configuration."),
      h("datalist", { id: "agents" }, agents.map((name) => h("option", { value: name }))),
      field("From", from, "One of your numbers; it decides the carrier."),
      h("div", { class: "gap" }, tick("Hold the line when that was said", hold)),
      told,
      h("div", { class: "ends" }, h("button", { type: "button", onclick: () => box.close() }, "Not now"), button)));
  to.focus();
}
