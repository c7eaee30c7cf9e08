//! What is recorded: how that is asked for, found, fetched and deleted, and what webhooks say of it.

use super::*;
use crate::recording::{Begun, Found};
use crate::webhook::RawWebhook;
use call::call::{CommandReply, News, Recorded};

const SID: &str = "RE0000000000000000000000000000000a";
const GONE: &str = r#"{"code": 20404, "message": "not found", "status": 404}"#;

fn listed(status: &str, source: &str) -> Reply {
    reply(
        200,
        &format!(r#"{{"recordings": [{{"sid": "{SID}", "status": "{status}", "source": "{source}"}}]}}"#),
    )
}

fn found(name: Option<&str>, listed: Reply) -> Found {
    done(twilio().find_recording(&known(LEG), name, &[listed])).unwrap()
}

fn of_call(rest: &str) -> String {
    format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}/{rest}")
}

#[test]
fn both_sides_are_recorded_and_the_end_is_told_to_us() {
    let minute = Duration::from_secs(60);
    let request = asked(twilio().record(&known(LEG), minute, &[]));
    assert_eq!(request.url, of_call("Recordings.json"));
    let told = format!("https://gw.example/hooks/twilio/status?call={CALL}&recording");
    let expected = [
        ("RecordingChannels", "dual"),
        ("RecordingStatusCallback", &told),
        ("RecordingStatusCallbackMethod", "POST"),
        ("RecordingStatusCallbackEvent", "completed absent"),
    ];
    assert_eq!(form(&request), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let begun = |reply| done(twilio().record(&known(LEG), minute, &[reply]));
    let taken = Begun { reply: CommandReply::Taken { lasts: None }, name: Some(SID.to_owned()) };
    assert_eq!(begun(reply(201, &format!(r#"{{"sid": "{SID}"}}"#))), taken);
    let refused = begun(reply(400, r#"{"code": 21220, "message": "not eligible"}"#));
    assert!(matches!(&refused.reply, CommandReply::Refused { code, .. } if code == "21220"), "{refused:?}");
    for doubtful in [reply(201, "{}"), reply(500, ""), reply(408, "")] {
        assert!(matches!(begun(doubtful).reply, CommandReply::InDoubt { .. }));
    }
}

#[test]
fn ours_is_fetched_from_the_account_when_it_is_completed() {
    let ours = "StartCallRecordingAPI";
    let Found::File(request) = found(Some(SID), listed("completed", ours)) else { panic!("no file") };
    let account = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}");
    assert_eq!(request.url, format!("{account}/Recordings/{SID}.wav?RequestedChannels=2"));
    assert!(header(&request, "authorization").is_some());
    assert!(matches!(found(None, listed("completed", ours)), Found::File(_)));
    for going in ["in-progress", "processing", "paused", "a new word"] {
        assert_eq!(found(Some(SID), listed(going, ours)), Found::NotYet, "{going}");
    }
    for none in [
        found(Some(SID), listed("absent", ours)),
        found(None, listed("completed", "Trunking")),
        found(Some("RE2"), listed("completed", ours)),
        found(Some(SID), reply(404, GONE)),
    ] {
        assert!(matches!(none, Found::Nothing(_)), "{none:?}");
    }
    for untold in [reply(404, "<html>"), reply(200, "<html>"), reply(503, "")] {
        assert!(done(twilio().find_recording(&known(LEG), Some(SID), &[untold])).is_err());
    }
}

#[test]
fn it_is_stopped_and_deleted_under_its_name_or_as_the_one_there_is() {
    let stop = |name| asked(twilio().stop_recording(&known(LEG), name, &[]));
    assert_eq!(stop(Some(SID)).url, of_call(&format!("Recordings/{SID}.json")));
    assert_eq!(stop(None).url, of_call("Recordings/Twilio.CURRENT.json"));
    let stopped = |reply| done(twilio().stop_recording(&known(LEG), None, &[reply]));
    assert_eq!(stopped(reply(404, GONE)), CommandReply::Taken { lasts: None });
    assert!(matches!(stopped(reply(403, "")), CommandReply::Refused { .. }));

    let drop = |name, replies: &[Reply]| twilio().drop_recording(&known(LEG), name, replies);
    let request = asked(drop(Some(SID), &[]));
    assert_eq!(
        (request.method.as_str(), request.url),
        ("DELETE", of_call(&format!("Recordings/{SID}.json")))
    );
    let found = listed("completed", "StartCallRecordingAPI");
    assert_eq!(asked(drop(None, std::slice::from_ref(&found))).method.as_str(), "DELETE");
    assert_eq!(done(drop(None, &[found, reply(204, "")])), Ok(()));
    assert_eq!(done(drop(None, &[reply(200, r#"{"recordings": []}"#)])), Ok(()));
    assert_eq!(done(drop(Some(SID), &[reply(404, GONE)])), Ok(()));
    assert!(done(drop(Some(SID), &[reply(500, "")])).is_err());
}

#[test]
fn a_webhook_says_when_to_look_and_no_more() {
    let raw = RawWebhook {
        method: http::Method::POST,
        url: format!("https://gw.example/hooks/twilio/status?call={CALL}&recording"),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: format!(
            "CallSid={LEG}&RecordingSid={SID}&RecordingUrl=http://169.254.169.254/&RecordingStatus=absent"
        )
        .into_bytes(),
    };
    let heard = crate::twilio::webhook::decode(None, &raw).unwrap();
    assert_eq!(heard.news, Some(News::Recording(Recorded::Told { name: Some(SID.to_owned()) })));
}
