//! What is most likely to be got wrong about carriers, by the numbers of the list that
//! `docs/carriers/plivo.md` repeats.

use super::*;
use crate::webhook::RawWebhook;
use call::call::{HangUpReply, News, Progress, Sighting};

/// Three resources on one path: the plain one is the record of a completed call, and 404 there is
/// what a live call is. The live one is asked first.
#[test]
fn fact_02_a_live_call_is_not_its_record() {
    let leg = known(&[LEG]);
    let first = asked(plivo().look_up(&leg, &[]));
    assert_eq!(line(&first), format!("GET /Call/{LEG}/?status=live"));
    let second = asked(plivo().look_up(&leg, &[not_found()]));
    assert_eq!(line(&second), format!("GET /Call/{LEG}/?status=queued"));
    let third = asked(plivo().look_up(&leg, &[not_found(), not_found()]));
    assert_eq!(line(&third), format!("GET /Call/{LEG}/"));
    // 404 on the plain path ends nothing; a record with its end does.
    asked(plivo().look_up(&leg, &[not_found(), not_found(), not_found()]));
    let seen = done(plivo().look_up(&leg, &[not_found(), not_found(), reply(200, RECORD)]));
    assert!(matches!(seen.sighting, Sighting::Over(_)));
    // The call's status word isn't in a record, and doesn't count there.
    let lying = RECORD.replace("\"end_time\"", "\"call_status\": \"completed\", \"was\"");
    let seen = done(plivo().look_up(&leg, &[not_found(), not_found(), reply(200, &lying)]));
    assert!(matches!(seen.sighting, Sighting::Unknown(_)));
}

/// `DELETE /Call/` without a name ends every call of the account. Beside this: the properties in
/// `path.rs`, over hostile names.
#[test]
fn fact_03_no_hang_up_is_without_a_name() {
    assert!(CarrierCallId::new("").is_err());
    for names in [vec![LEG], vec![REQUEST, LEG], vec![".", LEG], vec!["/", "..", REQUEST]] {
        let mut replies = Vec::new();
        while let Next::Ask(request) = plivo().hang_up(&known(&names), &replies) {
            let path = request.url.split("/v1/Account/").nth(1).unwrap();
            let segments: Vec<&str> = path.split('/').collect();
            assert!(
                matches!(segments[..], [ACCOUNT, "Call" | "Request", LEG | REQUEST, ""]),
                "{} {}",
                request.method,
                request.url
            );
            replies.push(not_found());
        }
        assert!(!replies.is_empty());
    }
    assert!(matches!(done(plivo().hang_up(&known(&["."]), &[])), HangUpReply::Failed(_)));
}

/// 404 just after the creation, or between the live call and its record, is no end.
#[test]
fn fact_08_404_is_no_death_certificate() {
    let leg = known(&[LEG, REQUEST]);
    let seen = done(plivo().look_up(&leg, &vec![not_found(); 6]));
    assert!(matches!(seen.sighting, Sighting::Unknown(unknown) if unknown.why == UnknownWhy::NotFound));
    // A hang-up that finds nothing proves nothing either.
    let told = done(plivo().hang_up(&leg, &vec![not_found(); 4]));
    assert_eq!(told, HangUpReply::NothingToEnd { code: "404".to_owned() });
}

/// Order and uniqueness of webhooks aren't promised: each is read alone, and twice is the same.
#[test]
fn fact_09_a_webhook_says_the_same_whenever_and_however_often_it_comes() {
    let hear = |body: &str| {
        let form = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        let raw = RawWebhook {
            method: http::Method::POST,
            url: format!("https://gw.example/hooks/plivo/status?call={CALL}"),
            headers: vec![form],
            body: body.as_bytes().to_vec(),
        };
        plivo().decode(&raw.verified()).unwrap().news
    };
    let (ring, end) =
        (include_str!("../fixtures/hook_ring.form"), include_str!("../fixtures/hook_completed.form"));
    let late = [hear(end), hear(ring), hear(end), hear(ring)];
    assert_eq!((&late[0], &late[1]), (&late[2], &late[3]));
    assert!(matches!(&late[0], Some(News::Over { .. })));
    assert_eq!(late[1], Some(News::Progressed { leg: id(LEG), progress: Progress::Ringing }));
}

/// Plivo's own libraries repeat the request that makes a call. Here a placement is one request, and
/// only 429 allows another one.
#[test]
fn fact_10_a_placement_is_never_repeated_by_us() {
    use crate::roles::PlaceError;
    for status in 200..600 {
        let told = plivo().read_placed(&reply(status, ""));
        assert_eq!(matches!(told, Err(PlaceError::Deferred { .. })), status == 429, "{status}");
        if status >= 500 {
            assert!(matches!(told, Err(PlaceError::InDoubt(_))), "{status}");
        }
    }
}
