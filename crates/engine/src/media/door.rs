//! Where carriers' streams come in: addresses that name a call's command, and which nobody can make
//! who doesn't know the key.

use call::call::{CommandId, Performance, Script, Speaks, Verb};
use call::{Call, CallId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::fmt::Write as _;

/// Where carriers' streams come in.
pub struct Door {
    base: String,
    key: [u8; KEY_BYTES],
}

/// What an address says that this gateway made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// Whose stream it is.
    pub(crate) call: CallId,
    /// Of which command.
    pub(crate) command: CommandId,
    /// How many streams of it came before.
    pub(crate) number: u32,
}

impl Door {
    /// A gateway that carriers reach at this public address, which begins with `http` or `https`.
    pub fn new(public_url: &str, key: [u8; KEY_BYTES]) -> Door {
        let public_url = public_url.trim_end_matches('/');
        let base = match public_url.strip_prefix("http") {
            Some(rest) => format!("ws{rest}/streams"),
            None => format!("{public_url}/streams"),
        };
        Door { base, key }
    }

    /// The address of a stream. Without a query, which Twilio doesn't take
    /// (<https://www.twilio.com/docs/api/errors/31920>).
    pub(crate) fn address(&self, ticket: Ticket) -> String {
        format!("{}/{}", self.base, self.written(ticket))
    }

    fn written(&self, ticket: Ticket) -> String {
        let Ticket { call, command, number } = ticket;
        let named = format!("{call}.{command}.{number}");
        let mut written = format!("{named}.");
        for byte in self.mac(&named).finalize().into_bytes().iter().take(MAC_BYTES) {
            let _ = write!(written, "{byte:02x}");
        }
        written
    }

    /// Reads the last part of an address; `None` if it isn't ours.
    pub(crate) fn read(&self, written: &str) -> Option<Ticket> {
        let (named, mac) = written.rsplit_once('.')?;
        let mut bytes = [0; MAC_BYTES];
        if mac.len() != 2 * MAC_BYTES || !mac.is_ascii() {
            return None;
        }
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&mac[2 * n..2 * n + 2], 16).ok()?;
        }
        self.mac(named).verify_truncated_left(&bytes).ok()?;
        let mut parts = named.split('.');
        let (call, command, number) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Ticket {
            call: call.parse().ok()?,
            command: CommandId(command.parse().ok()?),
            number: number.parse().ok()?,
        })
    }

    fn mac(&self, named: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length");
        mac.chain_update(named.as_bytes())
    }

    /// Has the carrier bring the stream of a command here, where its program is reached through us.
    pub(crate) fn lead(&self, call: CallId, performance: &mut Performance) {
        let Performance { id, attached, verb, .. } = performance;
        if let Verb::Stream { url, speaks } = verb
            && speaks.is_through_us()
        {
            *url = self.address(Ticket { call, command: *id, number: *attached });
        }
    }

    /// The same, of what is to happen on the line.
    pub(crate) fn lead_script(&self, call: Option<CallId>, script: &mut Script) {
        if let (Some(call), Script::Perform(performance)) = (call, script) {
            self.lead(call, performance);
        }
    }
}

/// Where the program of a command listens, and what it speaks, if it is reached through us.
pub(crate) fn program(call: &Call, command: CommandId) -> Option<(&str, Speaks)> {
    match &call.command(command)?.verb {
        Verb::Stream { url, speaks } if speaks.is_through_us() => Some((url, *speaks)),
        _ => None,
    }
}

/// Without its key.
impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("base", &self.base).finish_non_exhaustive()
    }
}

/// How long the key is.
pub const KEY_BYTES: usize = 32;
/// So much of the code stands in an address: nobody guesses it, and it can be read to somebody.
const MAC_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ticket() -> Ticket {
        Ticket { call: CallId::from_bits(7), command: CommandId(3), number: 1 }
    }

    fn door() -> Door {
        Door::new("https://gw.example/calls/", [7; KEY_BYTES])
    }

    #[test]
    fn an_address_says_what_it_is_made_of_and_nothing_else_does() {
        let address = door().address(ticket());
        let written = address.strip_prefix("wss://gw.example/calls/streams/").unwrap();
        assert_eq!(door().read(written), Some(ticket()));
        assert_eq!(Door::new("http://127.0.0.1:80", [7; KEY_BYTES]).base, "ws://127.0.0.1:80/streams");
        assert_eq!(Door::new("https://gw.example", [8; KEY_BYTES]).read(written), None, "another's key");
        for n in 0..written.len() {
            let mut altered = written.to_owned().into_bytes();
            altered[n] = if altered[n] == b'1' { b'2' } else { b'1' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(door().read(&altered), None, "{altered}");
        }
        for nonsense in ["", ".", "a.b.c.d", "é.é", &format!("{written}0"), &written[1..]] {
            assert_eq!(door().read(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn its_key_is_not_told() {
        assert_eq!(format!("{:?}", door()), "Door { base: \"wss://gw.example/calls/streams\", .. }");
    }
}
