//! What can be set when a network is made. Every field has a default, so that
//! `Settings::default()` is a network on which a newcomer can place a call.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::world::{Behaviour, Fault};

/// The account that is there when none is set. It is made up, and no secret.
pub const DEFAULT_ACCOUNT_SID: &str = "AC00000000000000000000000000000001";

/// The token of [`DEFAULT_ACCOUNT_SID`]. It is made up, and no secret.
pub const DEFAULT_AUTH_TOKEN: &str = "00000000000000000000000000000002";

/// The key that opens Telnyx's API when none is set. It is made up, and no secret.
pub const DEFAULT_TELNYX_API_KEY: &str = "KEY00000000000000000000000000000003";

/// The Call Control App that is there when none is set.
pub const DEFAULT_TELNYX_CONNECTION_ID: &str = "1000000000000000004";

/// The public key, in Base64, of what signs Telnyx's webhooks when nothing else is set.
pub const DEFAULT_TELNYX_PUBLIC_KEY: &str = "bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E=";

/// Who may use Plivo's API when nobody else is set. It is made up, and no secret.
pub const DEFAULT_PLIVO_AUTH_ID: &str = "MAOFFHOOKSIMULATED00";

/// The token of [`DEFAULT_PLIVO_AUTH_ID`]. It is made up, and no secret.
pub const DEFAULT_PLIVO_AUTH_TOKEN: &str = "0000000000000000000000000000000000000006";

/// How a simulated network is set up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who may use Twilio's API. Default: the one made-up account.
    pub accounts: Vec<Account>,
    /// The customer's numbers at Twilio, in E.164, that can be called, and whom the carrier asks
    /// when they are. Default: none.
    pub numbers: BTreeMap<String, Number>,
    /// The customer's account at Telnyx. Default: the made-up key and Call Control App.
    pub telnyx: TelnyxAccount,
    /// The customer's account at Plivo. Default: the made-up one.
    pub plivo: PlivoAccount,
    /// Subscribers, by number in E.164, who behave otherwise than their number says.
    pub subscribers: BTreeMap<String, Behaviour>,
    /// Faults in force from the start.
    pub faults: Vec<Fault>,
    /// How many calls Twilio dials per second and account; the rest waits in its queue. Telnyx has
    /// no queue, and Plivo one of its own. Default: no limit.
    pub calls_per_second: Option<u32>,
    /// By how much every answer of a carrier's API is delayed, in milliseconds. Default 0.
    pub latency_ms: u64,
    /// From the acceptance of a call to its being dialled, in milliseconds. Default 50.
    pub dial_after_ms: u64,
    /// From dialling to the first ring or the refusal, in milliseconds. Default 150.
    pub ring_after_ms: u64,
    /// How many calls are remembered; beyond it the oldest ended ones are forgotten.
    /// Default 200,000.
    pub calls_kept_max: usize,
    /// What chance is drawn from, so that it draws the same again. Default: anew each time. Only
    /// [`serve`](crate::serve()) heeds it.
    pub seed: Option<u64>,
    /// The server stops by itself when for so long no request came and no call was live. Default:
    /// never. Only [`serve`](crate::serve()) heeds it.
    pub exit_when_idle: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            accounts: vec![Account::default()],
            numbers: BTreeMap::new(),
            telnyx: TelnyxAccount::default(),
            plivo: PlivoAccount::default(),
            subscribers: BTreeMap::new(),
            faults: Vec::new(),
            calls_per_second: None,
            latency_ms: 0,
            dial_after_ms: 50,
            ring_after_ms: 150,
            calls_kept_max: 200_000,
            seed: None,
            exit_when_idle: None,
        }
    }
}

/// A customer of Twilio.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The password of the account; signs its webhooks.
    pub auth_token: String,
    /// API keys (`SK…`) with their secrets, which open the API but sign nothing.
    #[serde(default)]
    pub api_keys: BTreeMap<String, String>,
}

impl Default for Account {
    fn default() -> Account {
        Account {
            account_sid: DEFAULT_ACCOUNT_SID.to_owned(),
            auth_token: DEFAULT_AUTH_TOKEN.to_owned(),
            api_keys: BTreeMap::new(),
        }
    }
}

/// What the carrier does when one of the customer's numbers is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Asked for instructions when the number is called.
    pub voice_url: String,
    /// `POST` (the default) or `GET`.
    #[serde(default = "post")]
    pub voice_method: String,
    /// Asked when `voice_url` fails.
    #[serde(default)]
    pub voice_fallback_url: Option<String>,
    /// Told when the call is over.
    #[serde(default)]
    pub status_callback: Option<String>,
    /// `POST` (the default) or `GET`.
    #[serde(default = "post")]
    pub status_callback_method: String,
    /// The account that owns the number. Default: the first one.
    #[serde(default)]
    pub account_sid: Option<String>,
}

/// A customer's account at Telnyx.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelnyxAccount {
    /// Keys that open the API. Default: [`DEFAULT_TELNYX_API_KEY`].
    pub api_keys: Vec<String>,
    /// Call Control Apps, formerly connections, by id. Default: [`DEFAULT_TELNYX_CONNECTION_ID`],
    /// which tells nobody anything.
    pub connections: BTreeMap<String, Connection>,
    /// The customer's numbers, in E.164, that can be called, each with the id of the connection
    /// that is told. Default: none.
    pub numbers: BTreeMap<String, String>,
    /// The 32 bytes of the Ed25519 private key that signs the webhooks. Default: made up, and no
    /// secret; its public half is [`DEFAULT_TELNYX_PUBLIC_KEY`].
    pub signing_seed: [u8; 32],
}

impl Default for TelnyxAccount {
    fn default() -> TelnyxAccount {
        let id = DEFAULT_TELNYX_CONNECTION_ID.to_owned();
        TelnyxAccount {
            api_keys: vec![DEFAULT_TELNYX_API_KEY.to_owned()],
            connections: BTreeMap::from([(id, Connection::default())]),
            numbers: BTreeMap::new(),
            signing_seed: [5; 32],
        }
    }
}

/// A Call Control App of Telnyx's: where its calls' webhooks go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connection {
    /// Told of everything that happens to its calls, unless a call names another URL. Default:
    /// nobody is told.
    pub webhook_event_url: Option<String>,
    /// Told when the URL before failed twice. Default: none.
    pub webhook_event_failover_url: Option<String>,
    /// How long an answer to a webhook is waited for, in seconds, 1 to 30. Default 5.
    pub webhook_timeout_secs: u64,
}

impl Default for Connection {
    fn default() -> Connection {
        Connection { webhook_event_url: None, webhook_event_failover_url: None, webhook_timeout_secs: 5 }
    }
}

/// A customer's account at Plivo.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlivoAccount {
    /// `MA` and 18 more letters and digits. Default: [`DEFAULT_PLIVO_AUTH_ID`].
    pub auth_id: String,
    /// Its password; signs its webhooks. Default: [`DEFAULT_PLIVO_AUTH_TOKEN`].
    pub auth_token: String,
    /// More tokens that sign its webhooks, and open nothing: the header of the third version then
    /// lists several signatures. Default: none.
    pub other_tokens: Vec<String>,
    /// The customer's numbers, in E.164, that can be called, and whom the carrier asks when they
    /// are. Default: none.
    pub numbers: BTreeMap<String, Application>,
    /// Whether a request's id is also that of its call. Default: no.
    pub equal_uuids: bool,
    /// From the end of a call until there is a record of it, in milliseconds. Default 2,000.
    pub record_after_ms: u64,
    /// How far east of Greenwich the zone is in which records are written, in minutes. Default 330.
    pub utc_offset_minutes: i16,
    /// How many calls are dialled per second; the rest waits in a queue. Default 2, as at Plivo;
    /// `None` for no limit.
    pub calls_per_second: Option<u32>,
    /// How many requests that place no call are taken within five seconds. Default 300, as at
    /// Plivo; `None` for no limit.
    pub requests_per_five_seconds: Option<u32>,
}

impl Default for PlivoAccount {
    fn default() -> PlivoAccount {
        PlivoAccount {
            auth_id: DEFAULT_PLIVO_AUTH_ID.to_owned(),
            auth_token: DEFAULT_PLIVO_AUTH_TOKEN.to_owned(),
            other_tokens: Vec::new(),
            numbers: BTreeMap::new(),
            equal_uuids: false,
            record_after_ms: 2_000,
            utc_offset_minutes: 330,
            calls_per_second: Some(2),
            requests_per_five_seconds: Some(300),
        }
    }
}

/// What Plivo does when one of the customer's numbers is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Asked for instructions when the number is called.
    pub answer_url: String,
    /// `POST` (the default) or `GET`.
    #[serde(default = "post")]
    pub answer_method: String,
    /// Told when the call is over. Default: the answer URL.
    #[serde(default)]
    pub hangup_url: Option<String>,
    /// `POST` (the default) or `GET`.
    #[serde(default = "post")]
    pub hangup_method: String,
    /// Asked when the answer URL fails.
    #[serde(default)]
    pub fallback_answer_url: Option<String>,
    /// `POST` (the default) or `GET`.
    #[serde(default = "post")]
    pub fallback_method: String,
}

fn post() -> String {
    "POST".to_owned()
}
