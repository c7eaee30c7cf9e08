// The gateway's interface, /v1, with the token of whoever is logged in.

const KEPT = "offhook.token";
/** Where the page is: everything else is beside it, under whatever path. */
const HERE = new URL(".", document.baseURI.split("#")[0]);

/** What the gateway says that went wrong, as RFC 9457 has it. */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body.detail || body.title || `the gateway answered ${status}`);
    this.status = status;
    Object.assign(this, body);
  }
}

let token = sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT);
let refused = () => {};

export const isLoggedIn = () => token !== null;

/** Says what is to be done when the token is refused. */
export function whenRefused(act) {
  refused = act;
}

/** Keeps the token: for this tab, or on this machine. */
export function logIn(given, stay) {
  token = given;
  (stay ? localStorage : sessionStorage).setItem(KEPT, given);
}

export function logOut() {
  token = null;
  sessionStorage.removeItem(KEPT);
  localStorage.removeItem(KEPT);
}

/** A request with the token; what isn't 2xx is a {@link Problem}. @returns {Promise<Response>} */
export async function request(method, path, { body, key, headers = {}, signal, as = token } = {}) {
  const sent = { Authorization: `Bearer ${as}`, ...headers };
  if (key) sent["Idempotency-Key"] = key;
  let response;
  try {
    const text = body === undefined ? undefined : JSON.stringify(body);
    response = await fetch(new URL(path, HERE), { method, headers: sent, body: text, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "The gateway can't be reached", detail: "It gave no answer: it may be stopped or starting, or the network is down. What you asked for may or may not have arrived; look before you repeat it." });
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  if (response.status === 401 && as === token) refused();
  throw new Problem(response.status, told);
}

/** Asks `/v1/…` and reads the answer. */
export async function ask(method, path, options) {
  return (await request(method, `v1/${path}`, options)).json();
}

/** What is told without a token. */
export async function open(path) {
  const response = await fetch(new URL(path, HERE), { cache: "no-store" });
  return response.json();
}

/** A key that no other request has: a repeat of the request is known by it. */
export function newKey() {
  // `randomUUID` is there over https alone.
  return `page-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
