// What can be asked of a call that lives, and what comes of it.

import { ask, newKey } from "./api.js";
import { choice, dialog, field, h, problem, put } from "./dom.js";
import { directionWord, number, other } from "./words.js";

/** How long one look waits for the end of a command. */
const WAIT_S = 20;

const OVER = new Set(["done", "failed", "in_doubt"]);

/** What each verb asks for. */
const VERBS = {
  say: { name: "Say", does: "Say it", fields: () => ({ text: text("What is said", "The carrier's voice says it.") }) },
  ask: {
    name: "Ask", does: "Ask it",
    fields: () => ({
      text: text("The question"),
      input: ["Answered by", choice([["digits", "keys"], ["speech", "words"], ["any", "words or a key"]])],
      digits: ["How many keys at most", h("input", { type: "number", min: 1, max: 32, placeholder: "as many as are pressed" })],
    }),
  },
  digits: { name: "Keys", does: "Press them", fields: () => ({ digits: ["Keys", h("input", { inputmode: "tel", pattern: "[0-9*#wW]+", required: true, maxlength: 64, autocomplete: "off" }), "0–9, * and #; w is a pause of half a second."] }) },
  transfer: { name: "Transfer", does: "Put it through", fields: () => ({ to: ["To whom", h("input", { type: "tel", required: true, placeholder: "+12025550143" }), "They are called, and the call is put through to them."] }) },
};

function text(label, hint) {
  return [label, h("textarea", { required: true, maxlength: 3000, rows: 2 }), hint];
}

/** Lets one choose a verb, and fill in what it needs. */
export function actions(call) {
  const group = `verb-${call.id}-${++n_groups}`;
  const form = h("form", { class: "act", onsubmit: submit });
  const told = h("div", { class: "told", role: "status" });
  let verb = "say";
  let fields = {};
  const radios = Object.entries(VERBS).map(([word, { name }]) => h("label", {},
    h("input", { type: "radio", name: group, value: word, checked: word === verb, onchange: () => choose(word) }), h("span", {}, name)));
  const body = h("div");
  form.append(h("fieldset", { class: "verbs" }, h("legend", { class: "sr" }, "What is to be done"), radios), body);

  function choose(word) {
    verb = word;
    fields = VERBS[word].fields();
    put(body, Object.values(fields).map(([label, input, hint]) => field(label, input, hint)),
      h("div", { class: "ends" }, h("button", { class: "first", type: "submit" }, VERBS[word].does)));
  }

  async function submit(event) {
    event.preventDefault();
    const asked = {};
    for (const [name, [, input]] of Object.entries(fields)) {
      if (input.value !== "") asked[name] = input.type === "number" ? Number(input.value) : input.value;
    }
    const name = VERBS[verb].name;
    put(told, h("p", { class: "quiet" }, `${name}: asking the gateway…`));
    try {
      let { command } = await ask("POST", `calls/${call.id}/${verb}`, { body: asked, key: newKey() });
      if (verb === "say" || verb === "ask") fields.text[1].value = "";
      while (!OVER.has(command.state) && told.isConnected) {
        put(told, h("p", { class: "quiet" }, `${name}: ${stands(command)}`));
        ({ command } = await ask("GET", `calls/${call.id}/commands/${command.id}?wait_s=${WAIT_S}`));
      }
      put(told, h("p", {}, h("strong", {}, `${name}: `), stands(command)));
    } catch (error) {
      put(told, problem(error));
    }
  }

  choose(verb);
  return h("div", {}, form, told);
}

/** How a command stands, in words. */
function stands(command) {
  const answer = command.digits !== null ? `the answer: keys ${command.digits}` : command.speech !== null ? `the answer: “${command.speech}”` : command.transfer ? `the other leg ended: ${command.transfer}` : null;
  switch (command.state) {
    case "asked": return "it waits for its turn.";
    case "sent": return "on its way to the carrier…";
    case "taken": return "under way…";
    case "stopping": return "being stopped…";
    case "done": return answer ?? (command.stopped ? "stopped before its end." : command.verb === "ask" ? "done; there was no answer." : "done.");
    case "failed": return `not done: ${command.why} (${command.code})`;
    default: return `nobody knows whether it was done, so it is not repeated: ${command.why}`;
  }
}

/** The same, over whatever is shown. */
export function actDialog(call) {
  const who = `${directionWord(call)} ${number(other(call))}`;
  const box = dialog(`The call ${who}`, actions(call),
    h("div", { class: "ends" },
      h("button", { type: "button", onclick: () => stopAll(call, box) }, "Stop what is said or played"),
      h("button", { type: "button", class: "grave", onclick: () => { box.close(); hangUpDialog(call); } }, "Hang up…"),
      h("button", { type: "button", onclick: () => box.close() }, "Close")));
  box.querySelector("textarea")?.focus();
}

async function stopAll(call, box) {
  const told = box.querySelector(".told");
  try {
    const { commands } = await ask("POST", `calls/${call.id}/stop`);
    put(told, h("p", {}, commands.length ? `${commands.length} told to end.` : "Nothing was being said or played."));
  } catch (error) {
    put(told, problem(error));
  }
}

/** Hangs up, after one said so twice. */
export function hangUpDialog(call) {
  const told = h("div");
  const sure = h("button", { type: "button", class: "grave first", onclick: async () => {
    sure.disabled = true;
    try {
      await ask("POST", `calls/${call.id}/hangup`);
      box.close();
    } catch (error) {
      sure.disabled = false;
      put(told, problem(error));
    }
  } }, "Hang up");
  const box = dialog("Hang up?",
    h("p", {}, `The call ${directionWord(call)} `, h("strong", {}, number(other(call))), " ends for both sides. It is hung up until the carrier confirms that it is over."),
    told,
    h("div", { class: "ends" }, h("button", { type: "button", onclick: () => box.close() }, "Let it live"), sure));
  sure.focus();
}

let n_groups = 0;
