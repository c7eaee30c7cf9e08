// What the scripts in this folder share, for Node: see checks.py.

import http from "node:http";

// What the network opens itself to where nothing else is set. All of it is made up.
export const TWILIO_ACCOUNT = "AC00000000000000000000000000000001";
export const TWILIO_TOKEN = "00000000000000000000000000000002";
export const TELNYX_KEY = "KEY00000000000000000000000000000003";
export const TELNYX_CONNECTION = "1000000000000000004";

// Where the network is, and where its carriers' APIs are asked: a proxy may stand before them.
export const network = process.argv[2].replace(/\/$/, "");
export const api = (process.argv[3] ?? network).replace(/\/$/, "");

let nFailed = 0;

// `what` is so. `seen` is told where it isn't.
export function that(what, holds, seen) {
  if (holds) return console.log(`ok ${what}`);
  nFailed += 1;
  console.log(`FAILED ${what}${seen === undefined ? "" : `: ${JSON.stringify(seen)}`}`);
}

export function equal(what, seen, wanted) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  that(what, a === b, `${a}, not ${b}`);
}

// `request` is refused with an error of which `errorOf` says `wanted`.
export async function refused(what, wanted, errorOf, request) {
  let answer;
  try {
    answer = await request();
  } catch (error) {
    let seen;
    try {
      seen = errorOf(error);
    } catch {
      seen = String(error);
    }
    return equal(what, seen, wanted);
  }
  that(what, false, answer ?? "it was done");
}

// Runs the parts in turn; what goes wrong in one fails one check, and the others go on.
export async function run(...parts) {
  for (const part of parts) {
    try {
      await part();
    } catch (error) {
      that(`${part.name}, to its end`, false, error.stack ?? String(error));
    }
  }
  const { unknown_parameters: unknown } = await ask("GET", "requests");
  equal("the network knows every parameter of the client", unknown, {});
  process.exit(nFailed ? 1 : 0);
}

// Asks the network's own interface.
export async function ask(method, path, body) {
  const answer = await fetch(`${network}/network/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

// The first value of `condition` that isn't empty.
export async function waitFor(what, condition, withinMs = 15_000) {
  const until = Date.now() + withinMs;
  while (Date.now() < until) {
    const value = await condition();
    if (value) return value;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error(`not within ${withinMs} ms: ${what}`);
}

// Hears webhooks on loopback, and answers as told by path, otherwise with an empty 200.
export async function receiver() {
  const heard = [];
  const answers = {};
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const url = `http://${request.headers.host}${request.url}`;
    const path = new URL(url).pathname;
    const encoded = request.method === "POST" ? body : new URL(url).search;
    const fields = () => Object.fromEntries(new URLSearchParams(encoded));
    heard.push({ method: request.method, url, path, headers: request.headers, body, fields });
    const { kind, content } = answers[path] ?? { kind: "text/plain", content: "" };
    response.writeHead(200, { "content-type": kind }).end(content);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    heard,
    url: (path) => `http://127.0.0.1:${server.address().port}${path}`,
    answerXml: (path, content) => {
      answers[path] = { kind: "text/xml", content: `<Response>${content}</Response>` };
    },
    // The webhooks at this path about this call.
    of: (path, sid) => heard.filter((one) => one.path === path && one.fields().CallSid === sid),
  };
}
