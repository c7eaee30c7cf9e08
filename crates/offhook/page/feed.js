// What happens on all calls, as it happens: GET /v1/events, read by fetch, since EventSource sends no
// header. Whoever was away comes back with the last place it has, and misses nothing.

import { request } from "./api.js";

const AGAIN_MS_MAX = 4000;
/** The gateway says something every 15 s; after so long without, the connection is dead. */
const SILENT_MS_MAX = 40000;

/**
 * Follows until it is told to stop.
 * @param {{ message: (kind: string, told: any) => void, away: (since: number | null) => void }} ear
 * @returns {() => void}
 */
export function follow(ear) {
  const stop = new AbortController();
  run(ear, stop.signal);
  return () => stop.abort();
}

async function run(ear, stopped) {
  let last = null;
  let since = null;
  let wait = 250;
  while (!stopped.aborted) {
    const here = () => {
      since = null;
      wait = 250;
      ear.away(null);
    };
    try {
      await read(last, stopped, here, (kind, id, told) => {
        ear.message(kind, told);
        last = id ?? last;
      });
    } catch (error) {
      if (error.status === 401) return;
    }
    if (stopped.aborted) return;
    since ??= Date.now();
    ear.away(since);
    await new Promise((go) => setTimeout(go, wait));
    wait = Math.min(wait * 2, AGAIN_MS_MAX);
  }
}

/** One connection, until it breaks. */
function read(last, stopped, here, hear) {
  const headers = last === null ? {} : { "Last-Event-ID": last };
  return messages("v1/events", { headers, stopped, here }, hear);
}

/** The messages of a page that goes on, until it breaks, is over, or is stopped. */
export async function messages(path, { headers = {}, stopped, here = () => {} }, hear) {
  const cut = new AbortController();
  const abort = () => cut.abort();
  stopped.addEventListener("abort", abort);
  let watch = setTimeout(abort, SILENT_MS_MAX);
  try {
    const response = await request("GET", path, { headers, signal: cut.signal });
    here();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(abort, SILENT_MS_MAX);
      const messages = (text + value).split("\n\n");
      text = messages.pop();
      for (const message of messages) hearOne(message, hear);
    }
  } finally {
    clearTimeout(watch);
    stopped.removeEventListener("abort", abort);
  }
}

function hearOne(message, hear) {
  const fields = { data: "" };
  for (const line of message.split("\n")) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === "data") fields.data += value;
    else if (name) fields[name] = value;
  }
  if (fields.event) hear(fields.event, fields.id ?? null, JSON.parse(fields.data));
}
