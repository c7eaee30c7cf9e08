// Plays the sound of a call: samples of both sides in turn, as µ-law (ITU-T G.711), in the thread of the
// browser that plays. It has a little in store, since sound comes in pieces, and never more than a little, so
// that nobody listens to what was long ago.

/** It begins when it has so much: 0.3 s. */
const BEGIN = 2400;
/** What is more than this is passed over: 0.6 s. */
const MOST = 4800;

class Speaker extends AudioWorkletProcessor {
  constructor() {
    super();
    /** Samples of both sides in turn. */
    this.stored = [];
    this.plays = false;
    this.port.onmessage = ({ data }) => {
      for (const code of data) this.stored.push(decoded(code));
      // Of both sides the same: a piece may end between them.
      if (this.stored.length > 2 * MOST) this.stored.splice(0, (this.stored.length - 2 * BEGIN) & ~1);
    };
  }

  process(_, [[left, right]]) {
    if (this.stored.length >= 2 * BEGIN) this.plays = true;
    if (this.stored.length < 2 * left.length) this.plays = false;
    if (!this.plays) return true;
    const now = this.stored.splice(0, 2 * left.length);
    for (let at = 0; at < left.length; at += 1) [left[at], right[at]] = [now[2 * at], now[2 * at + 1]];
    return true;
  }
}

function decoded(code) {
  const bits = ~code & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -size : size) / 32768;
}

registerProcessor("speaker", Speaker);
