//! What is recorded: how that is asked for, found, fetched and deleted, and what webhooks say of it.

use super::*;
use crate::recording::{Begun, Found};
use crate::webhook::RawWebhook;
use call::call::{CommandReply, News, Recorded};

const ID: &str = "9d3b4b14-31a7-11e4-9c5a-842b2b02072e";
const OTHER: &str = "another-name";
const HOUR: Duration = Duration::from_secs(3_600);
const EMPTY: &str = r#"{"api_id": "a", "objects": []}"#;

fn one(link: &str) -> Reply {
    reply(200, &format!(r#"{{"api_id": "a", "recording_id": "{ID}", "recording_url": {link}}}"#))
}

fn found(link: &str) -> Found {
    let line = format!("GET /Recording/{ID}/");
    talk(|replies| plivo().find_recording(&known(&[LEG]), Some(ID), replies), &[(&line, one(link))]).unwrap()
}

#[test]
fn both_sides_are_recorded_for_as_long_as_the_call_may_last() {
    let request = asked(plivo().record(&known(&[LEG]), HOUR, &[]));
    assert_eq!(line(&request), format!("POST /Call/{LEG}/Record/"));
    let expected = serde_json::json!({
        "time_limit": 3_601, "file_format": "wav", "record_channel_type": "stereo", "callback_method": "POST",
        "callback_url": format!("https://gw.example/hooks/plivo/status?call={CALL}&recording"),
    });
    assert_eq!(body(&request), expected);

    let begun =
        |lines: &[(&str, Reply)]| talk(|replies| plivo().record(&known(&[LEG, OTHER]), HOUR, replies), lines);
    let first = format!("POST /Call/{LEG}/Record/");
    let started = reply(202, &format!(r#"{{"api_id": "a", "recording_id": "{ID}"}}"#));
    let taken = Begun { reply: CommandReply::Taken { lasts: None }, name: Some(ID.to_owned()) };
    assert_eq!(begun(&[(&first, started.clone())]), taken);
    assert_eq!(begun(&[(&first, not_found()), ("POST /Call/another-name/Record/", started)]), taken);
    assert!(matches!(begun(&[(&first, reply(500, ""))]).reply, CommandReply::InDoubt { .. }));
    assert!(matches!(begun(&[(&first, reply(400, ""))]).reply, CommandReply::Refused { .. }));
}

#[test]
fn a_file_is_shown_our_credentials_only_at_plivos_own_host() {
    for (link, is_shown) in [
        ("https://media.plivo.com/v1/Account/MA1/Recording/1.wav", true),
        ("https://media.plivo.com.evil.example/1.wav", false),
        ("https://s3.amazonaws.com/recordings/1.wav", false),
    ] {
        let Found::File(request) = found(&format!("{link:?}")) else { panic!("no file") };
        assert_eq!((request.url.as_str(), header(&request, "authorization").is_some()), (link, is_shown));
    }
    assert!(matches!(found(r#""http://media.plivo.com/1.wav""#), Found::Nothing(_)));
    assert_eq!(found("null"), Found::NotYet);
}

#[test]
fn one_without_a_name_is_found_under_each_name_of_its_call() {
    let lines = [
        (format!("GET /Recording/?call_uuid={LEG}"), reply(200, EMPTY)),
        ("GET /Recording/?call_uuid=another-name".to_owned(), reply(200, EMPTY)),
    ];
    let lines = lines.each_ref().map(|(line, reply)| (line.as_str(), reply.clone()));
    let found = talk(|replies| plivo().find_recording(&known(&[LEG, OTHER]), None, replies), &lines);
    assert!(matches!(found, Ok(Found::Nothing(_))), "{found:?}");
    let full = reply(200, &format!(r#"{{"objects": [{{"recording_id": "{ID}"}}]}}"#));
    let lines =
        [lines[0].clone(), (lines[1].0, full), (&*format!("DELETE /Recording/{ID}/"), reply(204, ""))];
    let dropped = talk(|replies| plivo().drop_recording(&known(&[LEG, OTHER]), None, replies), &lines);
    assert_eq!(dropped, Ok(()));
}

#[test]
fn it_is_stopped_and_deleted_and_what_is_gone_is_as_good() {
    let stop = format!("DELETE /Call/{LEG}/Record/");
    let stopped =
        |reply| talk(|replies| plivo().stop_recording(&known(&[LEG]), Some(ID), replies), &[(&stop, reply)]);
    assert_eq!(stopped(reply(204, "")), CommandReply::Taken { lasts: None });
    assert_eq!(stopped(not_found()), CommandReply::Taken { lasts: None });
    assert!(matches!(stopped(reply(401, "")), CommandReply::Refused { .. }));
    let drop = format!("DELETE /Recording/{ID}/");
    let dropped =
        |reply| talk(|replies| plivo().drop_recording(&known(&[LEG]), Some(ID), replies), &[(&drop, reply)]);
    assert_eq!((dropped(reply(204, "")), dropped(not_found())), (Ok(()), Ok(())));
    assert!(dropped(reply(500, "")).is_err());
}

#[test]
fn a_webhook_says_when_to_look_and_no_more() {
    let raw = RawWebhook {
        method: http::Method::POST,
        url: format!("https://gw.example/hooks/plivo/status?call={CALL}&recording"),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: format!("call_uuid={LEG}&recording_id={ID}&record_url=http://169.254.169.254/").into_bytes(),
    };
    let heard = plivo().decode(&raw.verified()).unwrap();
    assert_eq!(heard.leg.as_str(), LEG);
    assert_eq!(heard.news, Some(News::Recording(Recorded::Told { name: Some(ID.to_owned()) })));
}
