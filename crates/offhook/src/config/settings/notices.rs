//! Who is told of calls.

use super::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// One who is told of calls by webhooks of ours.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredNotices {
    /// Where each notice is posted: `https`, or `http` on this machine. A secret, since whoever knows the
    /// address of such a page can often write to it. Needed.
    pub(crate) url: Secret,
    /// By which they are sealed: the one in force, and the one before while it is being exchanged.
    pub(crate) secrets: Vec<NoticeSecret>,
    /// What they want to know. Default: who calls, who was answered, and what is over.
    pub(crate) tells: Vec<NoticeKind>,
}

/// A secret of the Standard Webhooks scheme: 24 to 64 bytes, written `whsec_` and base64.
#[derive(Clone)]
pub(crate) struct NoticeSecret {
    written: Secret,
    bytes: Vec<u8>,
}

/// Of what a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NoticeKind {
    /// Somebody asked for a call.
    Queued,
    /// The carrier took it.
    Placed,
    /// The phone rings.
    Ringing,
    /// Somebody calls.
    Offered,
    /// The line is open.
    Answered,
    /// The call is over.
    Ended,
    /// A person or a machine picked up, as far as the carrier can tell.
    AnsweredBy,
    /// One side said something.
    Spoken,
    /// The other side pressed keys unasked.
    Pressed,
    /// Something that was asked of a call is over.
    CommandOver,
    /// The other side wants no more calls.
    OptedOut,
}

impl NoticeSecret {
    /// Reads one; `None` if it is none.
    pub(crate) fn read(text: &str) -> Option<NoticeSecret> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        let fits = (24..=64).contains(&bytes.len());
        fits.then(|| NoticeSecret { written: Secret::new(text), bytes })
    }

    /// The key itself.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As it is written in the configuration.
    pub(crate) fn written(&self) -> &Secret {
        &self.written
    }
}

impl fmt::Debug for NoticeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written, f)
    }
}

impl NoticeKind {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        NOTICE_KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// Every kind by its word.
pub(crate) const NOTICE_KINDS: [(&str, NoticeKind); 11] = [
    ("call.queued", NoticeKind::Queued),
    ("call.placed", NoticeKind::Placed),
    ("call.ringing", NoticeKind::Ringing),
    ("call.offered", NoticeKind::Offered),
    ("call.answered", NoticeKind::Answered),
    ("call.ended", NoticeKind::Ended),
    ("call.answered_by", NoticeKind::AnsweredBy),
    ("call.spoken", NoticeKind::Spoken),
    ("call.pressed", NoticeKind::Pressed),
    ("call.command_over", NoticeKind::CommandOver),
    ("call.opted_out", NoticeKind::OptedOut),
];

#[cfg(test)]
mod tests {
    use super::NoticeSecret;

    #[test]
    fn a_secret_is_one_of_the_scheme() {
        let long = format!("whsec_{}", "AAAA".repeat(30));
        for (text, fits) in [
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false),
            ("whsec_c2hvcnQ=", false),
            ("whsec_not base64 at all, is it?", false),
            (long.as_str(), false),
        ] {
            assert_eq!(NoticeSecret::read(text).is_some(), fits, "{text}");
        }
    }
}
