//! The three carriers as the tests' fixtures know them, and what a text holds, read without their
//! connectors: a property must not believe what it judges.

use crate::signing;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::call::Script;
use call::{CallId, CarrierCallId, CarrierName, Party, Timestamp};
use carrier::plivo::{Plivo, PlivoConfig};
use carrier::telnyx::{Telnyx, TelnyxConfig};
use carrier::twilio::{Twilio, TwilioConfig};
use carrier::{Carrier, Leg, Placement, Secret, Sought};
use std::time::Duration;

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Twilio,
    Telnyx,
    Plivo,
}

impl Kind {
    pub(crate) fn read(word: &str) -> Option<Kind> {
        match word {
            "twilio" => Some(Kind::Twilio),
            "telnyx" => Some(Kind::Telnyx),
            "plivo" => Some(Kind::Plivo),
            _ => None,
        }
    }

    /// Its connector.
    pub(crate) fn connector(self) -> Box<dyn Carrier> {
        let name = CarrierName(self.word().to_owned());
        match self {
            Kind::Twilio => Box::new(Twilio::new(TwilioConfig {
                callback_base: Some(self.callback_base()),
                ..TwilioConfig::new(name, TWILIO_ACCOUNT.to_owned(), Secret::new(signing::TOKEN))
            })),
            Kind::Telnyx => {
                let key = signing::telnyx_public_key().parse().expect("the key is one");
                Box::new(Telnyx::new(TelnyxConfig {
                    callback_base: Some(self.callback_base()),
                    ..TelnyxConfig::new(name, Secret::new("KEY0123"), key, TELNYX_CONNECTION.to_owned())
                }))
            }
            Kind::Plivo => Box::new(Plivo::new(PlivoConfig::new(
                name,
                PLIVO_ACCOUNT.to_owned(),
                Secret::new(signing::TOKEN),
                self.callback_base(),
            ))),
        }
    }

    /// Where it reaches us.
    pub(crate) fn callback_base(self) -> String {
        format!("https://gw.example/hooks/{}", self.word())
    }

    /// What every request to it begins with: credentials go nowhere else.
    pub(crate) fn home(self) -> &'static str {
        match self {
            Kind::Twilio => "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/",
            Kind::Telnyx => "https://api.telnyx.com/v2/",
            Kind::Plivo => "https://api.plivo.com/v1/Account/MA2025RK4E639VJFZAGV/",
        }
    }

    /// The leg of the fixtures.
    pub(crate) fn leg(self) -> Leg {
        let [id, also] = match self {
            Kind::Twilio => ["CA00000000000000000000000000000001", ""],
            Kind::Telnyx => {
                let also = "2dc6fc34-f9e0-11ea-b68e-02420a0f7768";
                ["v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg", also]
            }
            Kind::Plivo => ["5607532d-5037-4066-befc-a8b40218dd4f", "9834029e-58b6-41e1-b8b7-a5bd0e4e126f"],
        };
        Leg {
            id: named(id),
            also: (!also.is_empty()).then(|| named(also)).into_iter().collect(),
            sought: sought(),
        }
    }

    /// Another leg, which no fixture names.
    pub(crate) fn stranger(self) -> Leg {
        let also = |index: usize| named(&format!("ffffffff-0000-4000-8000-00000000000{index}"));
        let id = match self {
            Kind::Twilio => named("CAffffffffffffffffffffffffffffffff"),
            Kind::Telnyx => named("v3:ffffffffffffffffffffffffffffffffffffffff"),
            Kind::Plivo => also(1),
        };
        let also = self.leg().also.iter().map(|_| also(2)).collect();
        Leg { id, also, sought: sought() }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Twilio => "twilio",
            Kind::Telnyx => "telnyx",
            Kind::Plivo => "plivo",
        }
    }
}

/// A name as a carrier gives it.
pub(crate) fn named(text: &str) -> CarrierCallId {
    CarrierCallId::new(text).expect("a carrier could have named a call so")
}

/// Our name for the call of the fixtures.
pub(crate) fn mark() -> CallId {
    "c_01jd3v6p9nf4q8s0t2x5z7a9bc".parse().expect("it is a call id")
}

/// The call of the fixtures, as it was asked for.
pub(crate) fn sought() -> Sought {
    let [from, to] = ENDS.map(Party::read);
    Sought { mark: mark(), from, to, since: CREATED, until: CREATED + Duration::from_secs(1), skew_ms: 0 }
}

/// The same, before it was asked for.
pub(crate) fn placement(script: Script) -> Placement {
    let [from, to] = ENDS.map(Party::read);
    let (ring_max, duration_max) = (Duration::from_secs(45), Duration::from_secs(600));
    Placement { id: mark(), from, to, script, ring_max, duration_max, listens: None }
}

/// Every text and number in something like JSON, keys too. A reader that needs no field may pass over
/// what isn't quite JSON, and so does this.
pub(crate) fn texts(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let mut texts = Vec::new();
    let mut rest = &*text;
    while let Some(at) = rest.find(|letter: char| letter == '"' || letter == '-' || letter.is_ascii_digit()) {
        rest = &rest[at..];
        let n_bytes = if rest.starts_with('"') {
            let end = end_of_text(rest);
            texts.extend(serde_json::from_str::<String>(&rest[..end]).ok());
            end
        } else {
            let is_part =
                |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '.' | 'e' | 'E');
            let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
            texts.extend(
                serde_json::from_str::<serde_json::Number>(&rest[..end])
                    .ok()
                    .map(|number| number.to_string()),
            );
            end
        };
        rest = &rest[n_bytes..];
    }
    texts
}

/// Where a text that begins with its quote ends, its other quote with it.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The parts of each text that is base64 of a text, between its colons or after them.
pub(crate) fn wrapped(texts: &[String]) -> Vec<String> {
    let plain = texts.iter().filter_map(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    let cuts = plain.flat_map(|text| {
        let ends = text.match_indices(':').map(|(at, _)| text[at + 1..].to_owned());
        ends.collect::<Vec<_>>()
    });
    cuts.collect()
}

/// When the fixtures' calls were made: 2026-11-22 10:00:00 UTC.
pub(crate) const CREATED: Timestamp = Timestamp(1_795_341_600_000);
/// The account of Twilio's fixtures.
pub(crate) const TWILIO_ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TELNYX_CONNECTION: &str = "1684641123236054244";
const PLIVO_ACCOUNT: &str = "MA2025RK4E639VJFZAGV";
const ENDS: [&str; 2] = ["+15550100000", "+12025550143"];
