//! Messages of a program that was written for Twilio's ConversationRelay, one a line.

use crate::carriers::texts;
use agent::relay::read;
use call::call::command::are_keys;
use call::dialogue::Said;

/// Reads each line.
pub(crate) fn take(input: &[u8]) {
    String::from_utf8_lossy(input).lines().for_each(is_read);
}

/// Nothing is said that the program didn't write.
fn is_read(line: &str) {
    let wrote = |text: &String| texts(line.as_bytes()).contains(text);
    match read(line) {
        Ok(Some(Said::Words { text, .. })) => assert!(wrote(&text), "nobody wrote {text:?}"),
        Ok(Some(Said::Play { url })) => {
            assert!(url.starts_with("https://") || url.starts_with("http://"), "no address: {url:?}");
            assert!(wrote(&url), "nobody wrote {url:?}");
        }
        Ok(Some(Said::Keys(keys))) => assert!(are_keys(&keys) && wrote(&keys), "no keys: {keys:?}"),
        Ok(Some(_) | None) => {}
        Err(error) => {
            let beginning: String = line.chars().take(200).collect();
            assert_eq!(error.received, beginning, "so much is shown of what can't be taken");
        }
    }
}
