//! What a carrier's answer comes to once it is known whose legs it speaks of.

use call::call::{Found, News, Sighting, Unknown, UnknownWhy};
use call::{Call, CallId, CarrierCallId};
use carrier::{Candidate, Seen};
use store::StoreError;

/// Tells the call that a leg belongs to.
pub(crate) type Owner<'a> = dyn FnMut(&CarrierCallId) -> Result<Option<CallId>, StoreError> + 'a;

/// What a search for this call found. Candidates that belong to other calls are none. Where another
/// call is sought between the same two numbers, as in a store that went back, or was given up not long
/// before, a single one is as good as several: it may be the other's. (`alone`: there is no other.)
///
/// # Errors
/// The store can't be read.
pub(crate) fn found(
    id: CallId,
    candidates: &[Candidate],
    alone: bool,
    owner: &mut Owner<'_>,
) -> Result<Found, StoreError> {
    let mut free = Vec::new();
    for candidate in candidates {
        if owner(&candidate.leg)?.is_none_or(|owner| owner == id) {
            free.push(candidate);
        }
    }
    Ok(match free.as_slice() {
        [] => Found::Nothing,
        [one] if alone => Found::Leg { leg: one.leg.clone(), sighting: one.sighting.clone() },
        several => {
            let n = u32::try_from(several.len()).unwrap_or(u32::MAX);
            let over = several.iter().all(|one| matches!(one.sighting, Sighting::Over(_)));
            if over { Found::SeveralOver(n) } else { Found::Several(n) }
        }
    })
}

/// What a look at this leg tells the call, in order: it may have learnt other names for the leg.
///
/// # Errors
/// The store can't be read.
pub(crate) fn seen(
    call: &Call,
    leg: &CarrierCallId,
    seen: &Seen,
    owner: &mut Owner<'_>,
) -> Result<Vec<News>, StoreError> {
    let mut sighting = seen.sighting.clone();
    let mut named = seen.named.as_ref();
    if let Some(name) = named
        && owner(name)?.is_some_and(|owner| owner != call.facts.id)
    {
        // It was found by its numbers, and is another call's.
        let detail = "what was found is another call".to_owned();
        sighting = Sighting::Unknown(Unknown { why: UnknownWhy::NotFound, detail, retry_after: None });
        named = None;
    }
    let mut news = Vec::new();
    let known = named.unwrap_or(leg);
    if named.is_some() {
        news.push(News::Named { leg: known.clone(), was: leg.clone() });
    }
    if let Some(also) = &seen.also
        && !call.is_named(also)
        && named != Some(also)
    {
        news.push(News::Named { leg: known.clone(), was: also.clone() });
    }
    news.push(News::Sighted { leg: known.clone(), sighting });
    Ok(news)
}
