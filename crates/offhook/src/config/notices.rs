//! Reads who is told of calls.

use std::path::Path;

use super::secrets;
use super::section::{Rejected, Section};
use super::settings::{ConfiguredNotices, NOTICE_KINDS, NoticeKind as Kind, NoticeSecret};
use super::tree::Node;
use super::values;

/// Reads one who is told.
pub(super) fn notices(name: &str, section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredNotices> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(fits) {
        section.wrong(format!("{name:?} is no name; use 1 to {NAME_MAX} letters, digits, - and _"));
    }
    let environment = section.environment();
    let url = section.required("url", "\"https://crm.example.com/offhook\"", |node| {
        let url = secrets::secret(node, folder, environment)?;
        if values::is_private(url.expose()) { Ok(url) } else { Err(NO_URL.into()) }
    });
    let read = |node: &Node| {
        let text = secrets::secret(node, folder, environment)?;
        NoticeSecret::read(text.expose()).ok_or_else(|| Rejected::from(NO_SECRET))
    };
    let secret = section.required("secret", "{ env = \"NOTICES_SECRET\" }", read);
    let previous = section.optional("secret_previous", read);
    let tells = section.optional("tells", kinds).unwrap_or_else(|| TELLS.to_vec());
    section.finish();
    let secrets = [Some(secret?), previous].into_iter().flatten().collect();
    Some(ConfiguredNotices { url: url?, secrets, tells })
}

fn kinds(node: &Node) -> Result<Vec<Kind>, Rejected> {
    let mut kinds = Vec::new();
    for (text, origin) in values::texts(node, "[\"call.ended\"]")? {
        let Some((_, kind)) = NOTICE_KINDS.iter().find(|(word, _)| *word == text) else {
            let words: Vec<&str> = NOTICE_KINDS.iter().map(|(word, _)| *word).collect();
            let why = format!("has {text:?}, of which nobody is told; there are {}", words.join(", "));
            return Err(Rejected::at(origin, why));
        };
        if !kinds.contains(kind) {
            kinds.push(*kind);
        }
    }
    if kinds.is_empty() { Err("names nothing; leave it out for the default".into()) } else { Ok(kinds) }
}

/// The default of `tells`.
const TELLS: [Kind; 3] = [Kind::Offered, Kind::Answered, Kind::Ended];
const NAME_MAX: usize = 32;
const NO_URL: &str = "is no address for notices; write https://HOST/PATH, or http on this machine alone";
const NO_SECRET: &str = "is no secret of the Standard Webhooks scheme; write whsec_ and 24 to 64 random bytes in \
    base64: echo whsec_$(head -c 32 /dev/urandom | base64)";
