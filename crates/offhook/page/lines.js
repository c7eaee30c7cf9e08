// What was said on a line, read off the events of its call.

/**
 * @typedef {object} Line
 * @property {"us" | "them"} who
 * @property {string} text
 * @property {"words" | "keys"} kind
 * @property {number} [after_ms] how long the other side waited for it
 * @property {Record<string, number>} [waits] and for what
 * @property {number} [talk_over_ms] how long it was said over what the other side said
 */

/** What an event says that somebody said; null if it says nothing of that. @returns {Line | null} */
export function lineOf(event) {
  const news = event.event;
  switch (event.kind) {
    case "spoken": {
      const { by, text, after_ms, waits, talk_over_ms } = news.spoken;
      return { who: by === "agent" ? "us" : "them", text, kind: "words", after_ms, waits, talk_over_ms };
    }
    case "command_asked": {
      const verb = news.command_asked;
      const said = verb?.say?.text ?? verb?.ask?.text;
      if (said) return { who: "us", text: said, kind: "words" };
      const keys = verb?.send_digits?.digits;
      return keys ? { who: "us", text: keys, kind: "keys" } : null;
    }
    case "command_heard": {
      const outcome = news.command_heard?.performed?.finished;
      if (outcome?.speech) return { who: "them", text: outcome.speech, kind: "words" };
      return outcome?.digits ? { who: "them", text: outcome.digits, kind: "keys" } : null;
    }
    case "digits_heard":
      return { who: "them", text: news.digits_heard.digits, kind: "keys" };
    default:
      return null;
  }
}

/** A line in one sentence. @param {Line} line */
export function told(line) {
  const who = line.who === "us" ? "us" : "them";
  return line.kind === "keys" ? `${who}: pressed ${line.text}` : `${who}: “${line.text}”`;
}
