//! The end of a call, asked for under every name.

use super::*;
use crate::wire::Operation;
use call::call::HangUpReply;

fn hang_up(names: &[&str], lines: &[(&str, Reply)]) -> HangUpReply {
    let lines: Vec<(String, Reply)> = lines
        .iter()
        .map(|(line, reply)| (line.replace("LEG", LEG).replace("REQUEST", REQUEST), reply.clone()))
        .collect();
    let lines: Vec<(&str, Reply)> =
        lines.iter().map(|(line, reply)| (line.as_str(), reply.clone())).collect();
    talk(|replies| plivo().hang_up(&known(names), replies), &lines)
}

#[test]
fn a_call_is_ended_by_its_name() {
    let request = asked(plivo().hang_up(&known(&[LEG]), &[]));
    assert_eq!((request.operation, request.body.len()), (Operation::HangUp, 0));
    assert_eq!(hang_up(&[LEG], &[("DELETE /Call/LEG/", reply(204, ""))]), HangUpReply::Accepted);
    assert_eq!(hang_up(&[LEG], &[("DELETE /Call/LEG/", reply(202, ""))]), HangUpReply::Accepted);
}

#[test]
fn a_name_that_no_call_goes_by_is_followed_by_the_others_and_by_the_request() {
    let lines = [
        ("DELETE /Call/LEG/", not_found()),
        ("DELETE /Call/REQUEST/", not_found()),
        ("DELETE /Request/LEG/", not_found()),
        ("DELETE /Request/REQUEST/", not_found()),
    ];
    for n_missing in 0..4 {
        let mut lines = lines[..=n_missing].to_vec();
        lines[n_missing].1 = reply(204, "");
        assert_eq!(hang_up(&[LEG, REQUEST], &lines), HangUpReply::Accepted);
    }
    assert_eq!(hang_up(&[LEG, REQUEST], &lines), HangUpReply::NothingToEnd { code: "404".to_owned() });
}

#[test]
fn whatever_else_is_answered_is_a_failure() {
    for (status, why) in [
        (302, UnknownWhy::Unreadable),
        (400, UnknownWhy::Unreadable),
        (401, UnknownWhy::Unauthorized),
        (403, UnknownWhy::Forbidden),
        (429, UnknownWhy::RateLimited),
        (500, UnknownWhy::CarrierError),
    ] {
        let failed = HangUpReply::Failed(unknown(why, &format!("HTTP {status}")));
        assert_eq!(hang_up(&[LEG], &[("DELETE /Call/LEG/", reply(status, ""))]), failed);
        let late = [("DELETE /Call/LEG/", not_found()), ("DELETE /Request/LEG/", reply(status, ""))];
        assert_eq!(hang_up(&[LEG], &late), failed);
    }
}

#[test]
fn a_caller_is_declined_by_the_reply_to_the_webhook_and_else_hung_up_on() {
    assert!(!plivo().by_command());
    let leg = known(&[LEG]);
    assert_eq!(plivo().decline(&leg, &[]), plivo().hang_up(&leg, &[]));
}
