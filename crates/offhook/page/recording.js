// The recording of a call, where it has one. A player of the browser's own can't send the token, so that
// the sound is fetched, and played from memory.

import { request } from "./api.js";
import { h, problem, put } from "./dom.js";

/** How a recording stands, in words. */
const STANDS = {
  recording: "The call is being recorded.",
  awaited: "The call was recorded by its carrier, from which the sound is being fetched.",
  kept: "The call was recorded.",
  failed: "Not all of the call could be recorded.",
  deleted: "The call was recorded, and the recording was deleted.",
};

/**
 * @param {any} call
 * @param {(player: { from: number, at: () => number, seek: (ms: number) => void }) => void} ready
 */
export function recording(call, ready) {
  const body = h("div");
  const about = call.recording;
  const fetchIt = h("button", { type: "button", onclick: async () => {
    fetchIt.disabled = true;
    fetchIt.textContent = "Fetching the sound…";
    try {
      const sound = await (await request("GET", `v1/calls/${call.id}/recording`)).blob();
      const audio = h("audio", { controls: true, src: URL.createObjectURL(sound), "aria-label": "Recording of the call" });
      put(body, audio, h("p", { class: "hint" }, "A click on the picture goes to that moment."));
      ready({
        from: Date.parse(about.begun_at ?? call.answered_at ?? call.created_at),
        at: () => audio.currentTime * 1000,
        seek: (ms) => { audio.currentTime = Math.max(0, ms / 1000); audio.play(); },
      });
    } catch (error) {
      put(body, problem(error));
    }
  } }, "Listen to it");
  put(body, h("p", {}, STANDS[about.state] ?? about.state, about.failed && ` Missing: ${about.failed}`), about.state !== "deleted" && about.bytes > 0 && h("p", {}, fetchIt));
  return {
    element: h("section", { class: "panel" }, h("h2", {}, "Recording"), body),
    leave() {
      const audio = body.querySelector("audio");
      if (!audio) return;
      audio.pause();
      URL.revokeObjectURL(audio.src);
    },
  };
}
