//! What whoever begins was asked, and answered.

use clap::ValueEnum;

/// Whose number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CarrierChoice {
    /// The network of `offhook sim`: no account, and no phone rings
    Simulated,
    Twilio,
    Telnyx,
    Plivo,
}

/// Who answers those who call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Answerer {
    /// Every caller is declined
    Nobody,
    /// They hear a text, and the line is closed
    Greeting,
    /// A language model talks with them
    Agent,
}

/// A carrier's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    Simulated,
    Twilio { account_sid: String, auth_token: SecretPlace },
    Telnyx { api_key: SecretPlace, public_key: String, connection_id: String },
    Plivo { auth_id: String, auth_token: SecretPlace },
}

/// Where a secret is: never in the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretPlace {
    Variable(String),
    File(String),
}

/// What callers meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Welcome {
    Nobody,
    Greeting(String),
    Agent { greeting: String, agent: Model },
}

/// The language model that talks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) base_url: String,
    pub(super) name: String,
    /// None for a server that asks for none.
    pub(super) api_key: Option<SecretPlace>,
    pub(super) prompt: String,
}

/// All that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) account: Account,
    pub(super) number: String,
    pub(super) welcome: Welcome,
    pub(super) public_url: Option<String>,
}

impl CarrierChoice {
    /// Its kind, which is its section's name too.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Twilio => "twilio",
            Self::Telnyx => "telnyx",
            Self::Plivo => "plivo",
        }
    }
}

impl Account {
    /// Whose it is.
    pub(super) fn choice(&self) -> CarrierChoice {
        match self {
            Self::Simulated => CarrierChoice::Simulated,
            Self::Twilio { .. } => CarrierChoice::Twilio,
            Self::Telnyx { .. } => CarrierChoice::Telnyx,
            Self::Plivo { .. } => CarrierChoice::Plivo,
        }
    }

    fn secret(&self) -> Option<&SecretPlace> {
        match self {
            Self::Simulated => None,
            Self::Twilio { auth_token: secret, .. }
            | Self::Telnyx { api_key: secret, .. }
            | Self::Plivo { auth_token: secret, .. } => Some(secret),
        }
    }
}

impl Answers {
    /// Where the secrets are that the file names.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretPlace> {
        let model = match &self.welcome {
            Welcome::Agent { agent, .. } => agent.api_key.as_ref(),
            Welcome::Nobody | Welcome::Greeting(_) => None,
        };
        self.account.secret().into_iter().chain(model)
    }
}

/// Reads where a secret is: `env:NAME`, `file:PATH`, or either without its mark where it can be
/// nothing else.
///
/// # Errors
/// It names no place. What was typed is not repeated: it may be the secret.
pub(super) fn secret_place(text: &str) -> Result<SecretPlace, String> {
    let is_name = |name: &str| {
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let looks_like_variable = |name: &str| {
        is_name(name) && name.contains('_') && !name.bytes().any(|byte| byte.is_ascii_lowercase())
    };
    if let Some(name) = text.strip_prefix("env:") {
        return match is_name(name) {
            true => Ok(SecretPlace::Variable(name.to_owned())),
            false => Err("names no variable; write one like env:TWILIO_AUTH_TOKEN".to_owned()),
        };
    }
    match text.strip_prefix("file:") {
        Some("") => Err("names no file; write one like file:/run/secrets/token".to_owned()),
        Some(path) => Ok(SecretPlace::File(path.to_owned())),
        None if looks_like_variable(text) => Ok(SecretPlace::Variable(text.to_owned())),
        None if text.starts_with(['/', '~', '.']) => Ok(SecretPlace::File(text.to_owned())),
        None => {
            Err("names neither a variable nor a file, and a secret itself is not written into the file; \
            put it into a variable or a file, and write env:NAME or file:PATH"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretPlace, secret_place};

    #[test]
    fn a_secret_is_named_and_never_told() {
        let variable = |name: &str| Some(SecretPlace::Variable(name.to_owned()));
        let file = |path: &str| Some(SecretPlace::File(path.to_owned()));
        for (text, expected) in [
            ("TWILIO_AUTH_TOKEN", variable("TWILIO_AUTH_TOKEN")),
            ("env:token", variable("token")),
            ("env:", None),
            ("env:1A", None),
            ("file:token", file("token")),
            ("file:", None),
            ("/run/secrets/token", file("/run/secrets/token")),
            ("~/token", file("~/token")),
            ("./token", file("./token")),
            ("0123456789abcdef0123456789abcdef", None),
            ("KEY0123456789ABCDEF", None),
            ("KEY0123_aBcDeF", None),
            ("sk-proj-abc", None),
        ] {
            let read = secret_place(text);
            assert_eq!(read.clone().ok(), expected, "{text}");
            assert!(!read.is_err_and(|why| why.contains("0123")), "what was typed is not repeated");
        }
    }
}
