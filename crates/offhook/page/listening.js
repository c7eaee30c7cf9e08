// The sound of a call that lives: how loud both sides are, and listening in.

import { request } from "./api.js";
import { h, problem, put, write } from "./dom.js";
import { follow, meter } from "./meter.js";

/** What a WAV file begins with, before the sound. */
const HEADER_BYTES = 58;
const RATE = 8000;

/** A panel that is there while the call talks. */
export function listening(id) {
  const volume = meter({ words: true });
  const stands = h("p", { class: "quiet" });
  const told = h("div");
  const button = h("button", { type: "button", onclick: () => (ear ? hush() : listen()) });
  const element = h("section", { class: "panel", hidden: true, "aria-label": "Sound" },
    h("div", { class: "head" }, h("h2", {}, "Sound"), volume.element, h("span", { class: "grow" }), button), stands, told);
  let ear = null;
  let talks = false;
  let sounds = false;
  const unfollow = follow(() => (talks ? [id] : []), (levels) => {
    if (!(id in levels)) return;
    sounds = levels[id] !== null;
    volume.show(levels[id]);
    draw();
  });

  function draw() {
    element.hidden = !talks && !ear;
    button.hidden = !sounds && !ear;
    write(button, ear ? "Stop listening" : "Listen in");
    write(stands, ear ? "You hear both sides, less than a second late. Nobody on the call notices."
      : sounds ? "The sound of this call goes through the gateway. Who listens in is put on record."
        : "No sound of this call comes here: its carrier hears and speaks for it. It does with an agent by sound.");
  }

  async function listen() {
    put(told);
    const mine = ear = { cut: new AbortController(), context: new AudioContext({ sampleRate: RATE }) };
    draw();
    try {
      await play(mine, await request("GET", `v1/calls/${id}/sound`, { signal: mine.cut.signal }));
    } catch (error) {
      if (ear === mine) put(told, problem(error));
    }
    if (ear === mine) hush();
  }

  function hush() {
    ear?.cut.abort();
    ear?.context.close();
    ear = null;
    draw();
  }

  return {
    element,
    show(call) {
      talks = call.state === "in_progress";
      if (!talks) volume.show(null);
      draw();
    },
    leave() {
      unfollow();
      hush();
    },
  };
}

/** Plays what comes until it is over. */
async function play({ context }, response) {
  await context.audioWorklet.addModule(new URL("./speaker.js", import.meta.url));
  const speaker = new AudioWorkletNode(context, "speaker", { numberOfInputs: 0, outputChannelCount: [2] });
  speaker.connect(context.destination);
  const reader = response.body.getReader();
  let before = HEADER_BYTES;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const skipped = Math.min(before, value.length);
    before -= skipped;
    speaker.port.postMessage(value.subarray(skipped));
  }
}
