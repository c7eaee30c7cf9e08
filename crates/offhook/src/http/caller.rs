//! Whoever asks: the token that was shown, and what it may do.

use super::book::Held;
use super::problem::Kind;
use super::{Pages, Problem};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use call::access::{Grant, Scope};
use call::{Call, Party, PhoneNumber};
use engine::{Asker, Quota};
use std::sync::Arc;

/// Whoever asks. Only the check of tokens makes one.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(super) held: Arc<Held>,
    /// By what the audit tells what was done.
    pub(super) asker: Arc<Asker>,
}

impl Caller {
    /// The name of the token.
    pub(crate) fn name(&self) -> &str {
        &self.held.token.name
    }

    fn grant(&self) -> &Grant {
        &self.held.token.grant
    }

    /// Refuses a number that the token may not call, nor put a call through to.
    pub(crate) fn may_call(&self, to: &Party) -> Result<(), Problem> {
        let grant = self.grant();
        match grant.may_call(to) {
            true => Ok(()),
            false => Err(self.beyond("to", &grant.to).about(to.as_str())),
        }
    }

    /// Refuses a number that the token may not call from.
    pub(crate) fn may_call_from(&self, from: &PhoneNumber) -> Result<(), Problem> {
        let grant = self.grant();
        if grant.may_call_from(from) { Ok(()) } else { Err(self.beyond("from", &grant.from)) }
    }

    /// Refuses an agent that the token may not have talk.
    pub(crate) fn may_use(&self, agent: &str) -> Result<(), Problem> {
        let grant = self.grant();
        if grant.may_use(agent) { Ok(()) } else { Err(self.beyond("agents", &grant.agents)) }
    }

    /// Refuses a page that shows everybody's calls.
    pub(super) fn may_see_all(&self) -> Result<(), Problem> {
        match self.grant().own_calls {
            false => Ok(()),
            true => {
                let why = "sees only the calls that it asked for, and this page shows those of others";
                Err(self.limited("own_calls", why))
            }
        }
    }

    /// Whose calls it sees, if not everybody's.
    pub(crate) fn sees_only(&self) -> Option<String> {
        self.grant().own_calls.then(|| self.name().to_owned())
    }

    /// Whether it may see this call.
    pub(crate) fn sees(&self, call: &Call) -> bool {
        self.sees_only().is_none_or(|only| call.facts.placed_by.as_deref() == Some(&only))
    }

    /// Refuses what the token is not for.
    pub(super) fn must_have(&self, scope: Scope) -> Result<(), Problem> {
        let has = &self.grant().scopes;
        if has.contains(&scope) {
            return Ok(());
        }
        let has = has.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(", ");
        let detail =
            format!("token {} lacks the scope {}, it has {has}; {WHO_CHANGES}", self.name(), scope.word());
        Err(Problem::new(Kind::ScopeLacking, detail).lacks(self.name(), scope))
    }

    /// Refuses to hand out more than one has oneself.
    pub(crate) fn may_give(&self, scopes: impl IntoIterator<Item = Scope>) -> Result<(), Problem> {
        if self.grant().is_limited() {
            return Err(self.limited("tokens", "has limits itself, and so it can't make or rotate tokens"));
        }
        scopes.into_iter().try_for_each(|scope| self.must_have(scope))
    }

    /// What is kept of calls that it asks for.
    pub(crate) fn placed_by(&self) -> (String, Quota) {
        let grant = self.grant();
        (self.name().to_owned(), Quota { per_hour: grant.calls_per_hour, per_day: grant.calls_per_day })
    }

    /// An `Idempotency-Key` as this one's: another token's request is never taken for a repeat of it.
    pub(crate) fn key(&self, key: String) -> String {
        // No header holds a line feed, so that no key of the owner's reads like one of another token.
        if self.name() == OWNER { key } else { format!("{}\n{key}", self.name()) }
    }

    fn beyond(&self, limit: &'static str, allowed: &Option<Vec<String>>) -> Problem {
        let allowed = allowed.as_deref().unwrap_or_default().join(", ");
        let allowed = if allowed.is_empty() { "nothing" } else { &allowed };
        self.limited(limit, &format!("is limited to {allowed} by `{limit}`"))
    }

    fn limited(&self, limit: &'static str, why: &str) -> Problem {
        let detail = format!("token {} {why}; {WHO_CHANGES}", self.name());
        Problem::new(Kind::BeyondLimits, detail).beyond(self.name(), limit)
    }
}

impl FromRequestParts<Pages> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Pages) -> Result<Caller, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.ok_or_else(|| Problem::new(Kind::Unauthorized, "nobody looked at the token of this request"))
    }
}

/// The pages as whoever asks has them: what they do is on record with the request.
impl FromRequestParts<Pages> for Pages {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Pages, Self::Rejection> {
        let mut pages = Pages::from_ref(pages);
        if let Some(caller) = parts.extensions.get::<Caller>() {
            pages.calls = pages.calls.asked_by(Arc::clone(&caller.asker));
        }
        Ok(pages)
    }
}

/// The name of the token that the configuration sets.
pub(crate) const OWNER: &str = "owner";
const WHO_CHANGES: &str =
    "the owner, or a token with the scope admin, can make one that may: offhook token add";
