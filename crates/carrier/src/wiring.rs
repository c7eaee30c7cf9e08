//! How a carrier's own settings treat our numbers and calls: each setting as it is, beside what it
//! should be. It is for people to read; nothing here changes a setting.

/// What a carrier's settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wiring {
    /// The carrier can't be asked, or there is no address of ours to compare with.
    Untold,
    /// The account has no such number.
    NoSuchNumber,
    /// Every setting that matters to us.
    Told(Vec<Setting>),
}

/// One setting at a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The carrier's word for it, such as `voice_url`.
    pub name: &'static str,
    /// What is set; `None` for nothing.
    pub found: Option<String>,
    /// What should be set; `None` for nothing.
    pub wanted: Option<String>,
    /// What is lost while it is wrong.
    pub stake: Stake,
}

/// What is lost while a setting is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Every call's webhooks, or every call.
    EveryCall,
    /// Calls to the number: the gateway never hears of them.
    CallsIn,
    /// News of calls to the number; looks find out later.
    News,
}

impl Setting {
    /// Takes a setting; an empty text is none.
    pub fn new(name: &'static str, found: Option<&str>, wanted: Option<&str>, stake: Stake) -> Setting {
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Setting { name, found: text(found), wanted: text(wanted), stake }
    }

    /// Whether it is as it should be. Of an address neither the query nor the fragment counts: the
    /// gateway heeds neither, and carriers take orders about repeats in them.
    pub fn is_right(&self) -> bool {
        let plain = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            let is_address = text.starts_with("http://") || text.starts_with("https://");
            let text = if is_address { text.split(['?', '#']).next().unwrap_or_default() } else { text };
            text.trim_end_matches('/').to_owned()
        };
        plain(&self.found) == plain(&self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Setting, Stake};

    #[test]
    fn an_address_is_right_whatever_its_query() {
        for (found, wanted, expected) in [
            (Some("https://gw.example/webhooks/t/voice"), Some("https://gw.example/webhooks/t/voice"), true),
            (Some("https://gw.example/w/t/voice?x=1#rc=2"), Some("https://gw.example/w/t/voice"), true),
            (Some("https://gw.example/w/t/voice/"), Some("https://gw.example/w/t/voice"), true),
            (Some("http://gw.example/w/t/voice"), Some("https://gw.example/w/t/voice"), false),
            (Some("https://old.example/w/t/voice"), Some("https://gw.example/w/t/voice"), false),
            (Some(""), Some("https://gw.example/w/t/voice"), false),
            (Some("2"), Some("2"), true),
            (Some(""), None, true),
            (None, None, true),
            (Some("TK1"), None, false),
        ] {
            let setting = Setting::new("voice_url", found, wanted, Stake::CallsIn);
            assert_eq!(setting.is_right(), expected, "{setting:?}");
        }
    }
}
