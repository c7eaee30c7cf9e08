//! What `offhook doctor` finds wrong, and what it says of a gateway and a carrier that are well.

use crate::world::{
    API_TOKEN, AUTH_TOKEN, Face, Line, Model, OURS, Replies, Speech, World, free_port, words,
};
use serde_json::{Value, json};

/// What every test's number says to those who call it, so that nothing is amiss with it.
const GREETING: &str = "numbers.'+12025550100'.greeting = 'Good day.'";

/// What it finds, and its exit code.
fn examined(world: &World, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let mut all = vec!["doctor", "--json"];
    all.extend(arguments);
    let (code, out, err) = words(&world.command(&all));
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    (code, document["findings"].as_array().expect("a list of findings").clone())
}

/// The findings that aren't ok, as `check level`.
fn amiss(findings: &[Value]) -> Vec<String> {
    let of = |field: &str, finding: &Value| finding[field].as_str().unwrap_or_default().to_owned();
    let amiss = findings.iter().filter(|finding| finding["level"] != "ok");
    amiss.map(|finding| format!("{} {}", of("check", finding), of("level", finding))).collect()
}

#[track_caller]
fn says(findings: &[Value], check: &str, what: &str) {
    let found = findings.iter().filter(|finding| finding["check"] == check);
    let told: Vec<&str> = found.filter_map(|finding| finding["what"].as_str()).collect();
    assert!(told.iter().any(|told| told.contains(what)), "{check} says {what:?}: {told:?}");
}

#[test]
fn all_is_well_where_all_is_well() {
    let world = World::start(Line::Webhooks, GREETING);
    world.connect_our_number();

    let (code, findings) = examined(&world, &[]);

    assert_eq!((code, amiss(&findings)), (Some(0), vec![]), "{findings:?}");
    let checks: Vec<&str> = findings.iter().filter_map(|finding| finding["check"].as_str()).collect();
    let expected = [
        "configuration",
        "store",
        "public_url",
        "numbers",
        "gateway",
        "reach",
        "credentials",
        "clock",
        "webhooks",
    ];
    assert_eq!(checks, expected);
    let (code, table, _) = words(&world.command(&["doctor"]));
    assert_eq!(code, Some(0));
    assert!(table.contains("ok  credentials    line lets us in, in "), "{table}");
    assert!(table.ends_with("\n9 ok\n"), "{table}");
    for secret in [API_TOKEN, AUTH_TOKEN] {
        assert!(!table.contains(secret), "{table}");
    }
    assert!(world.truth().is_empty(), "nobody was called");
}

#[test]
fn refused_credentials_and_a_carrier_that_is_not_there_are_told_apart() {
    let world = World::start(Line::Webhooks, GREETING);
    world.connect_our_number();
    world.write_settings(&format!("{GREETING}\ncarriers.line.auth_token = 'wrong'"));
    let (code, findings) = examined(&world, &[]);
    assert_eq!((code, amiss(&findings)), (Some(1), vec!["credentials failed".to_owned()]));
    says(&findings, "credentials", "line does not accept our credentials (HTTP 401, 20003)");

    let nobody = format!("127.0.0.1:{}", free_port([127, 0, 0, 1].into()));
    world.write_settings(&format!("{GREETING}\ncarriers.line.base_url = 'http://{nobody}'"));
    let (code, findings) = examined(&world, &[]);
    assert_eq!((code, amiss(&findings)), (Some(1), vec!["credentials failed".to_owned()]));
    says(&findings, "credentials", "line is not reached (");
}

#[test]
fn another_server_at_the_public_address_is_not_taken_for_us() {
    let world = World::start(Line::Webhooks, GREETING);
    let other = World::start(Line::Webhooks, GREETING);
    for (public, level, what) in [
        (other.gateway, "failed", "leads to another offhook gateway"),
        (world.network, "warning", "/healthz answers HTTP 404"),
        (([127, 0, 0, 1], free_port([127, 0, 0, 1].into())).into(), "note", "which proves nothing"),
    ] {
        world.write_settings(&format!("{GREETING}\npublic_url = 'http://{public}'"));
        let (_, findings) = examined(&world, &[]);
        assert!(amiss(&findings).contains(&format!("reach {level}")), "{findings:?}");
        says(&findings, "reach", what);
    }
}

#[test]
fn a_carrier_that_sends_calls_elsewhere_is_found_out() {
    let world = World::start(Line::Webhooks, GREETING);
    let (code, findings) = examined(&world, &[]);
    assert_eq!((code, amiss(&findings)), (Some(1), vec!["webhooks failed".to_owned()]));
    says(&findings, "webhooks", &format!("line has no number {OURS}"));

    world.connect_our_number();
    world.write_settings(&format!("{GREETING}\npublic_url = 'http://{}/new'", world.gateway));
    let (code, findings) = examined(&world, &[]);
    assert_eq!(code, Some(1));
    let wrong =
        format!("voice_url is http://{0}/webhooks/line/voice, and must be http://{0}/new/", world.gateway);
    says(&findings, "webhooks", &wrong);
    assert!(amiss(&findings).ends_with(&["webhooks failed".to_owned(), "webhooks warning".to_owned()]));
}

#[test]
fn a_gateway_that_is_paused_locked_or_absent_is_told() {
    let mut world = World::start(Line::Webhooks, GREETING);
    world.connect_our_number();
    let answer = world.ask("POST", "/v1/pause", Some(&json!({"reason": "a drill"})));
    assert_eq!(answer.status, 200, "{answer:?}");
    let (code, findings) = examined(&world, &[]);
    assert_eq!((code, amiss(&findings)), (Some(0), vec!["gateway warning".to_owned()]));
    says(&findings, "gateway", "paused (a drill)");

    world.write_settings(&format!("{GREETING}\napi.token = 'another'"));
    let (code, findings) = examined(&world, &[]);
    assert_eq!((code, amiss(&findings)), (Some(1), vec!["gateway failed".to_owned()]));

    world.write_settings(GREETING);
    world.stop_gateway();
    let (code, findings) = examined(&world, &[]);
    assert_eq!(code, Some(0), "{findings:?}");
    assert_eq!(amiss(&findings), ["gateway warning", "reach note"]);
    let url = format!("http://{}", world.gateway);
    let (code, findings) = examined(&world, &["--url", &url]);
    assert_eq!(
        (code, amiss(&findings)),
        (Some(1), vec!["gateway failed".to_owned(), "reach note".to_owned()])
    );
}

#[test]
fn faults_of_the_configuration_are_findings_of_their_own() {
    let world = World::without_gateway(Line::Webhooks, "listn = 1\ncalls.live_max = 0");
    let (code, findings) = examined(&world, &[]);
    assert_eq!((code, findings.len()), (Some(2), 2), "{findings:?}");
    says(&findings, "configuration", "`listn` is no setting");
    says(&findings, "configuration", "`calls.live_max` is 0");
}

#[test]
fn each_face_of_the_network_is_asked_in_its_own_words() {
    for face in ["telnyx", "plivo"] {
        let mut world = World::without_gateway(Line::Simulated, "");
        let text = format!(
            "listen = '{}'\nstore.url = 'sqlite://{}'\napi.token = '{API_TOKEN}'\n\
             carriers.line = {{ kind = 'simulated', base_url = 'http://{}', face = '{face}' }}\n\
             numbers.'{OURS}' = {{ carrier = 'line', inbound = 'open', greeting = 'Good day.' }}\n",
            world.gateway,
            world.store_file().display(),
            world.network,
        );
        std::fs::write(world.config_file(), text).unwrap();
        world.start_gateway();
        let (code, findings) = examined(&world, &[]);
        assert_eq!((code, amiss(&findings)), (Some(0), vec![]), "{face}: {findings:?}");
        says(&findings, "webhooks", &format!("line tells this gateway of calls to {OURS}"));
    }
}

/// With the agent's own prompt: one that replies, one that refuses, and a spare that is there once.
#[test]
fn who_replies_is_tried() {
    let (wise, rude) =
        (Model::start(|_, _| Replies::Words(&["Hello."])), Model::start(|_, _| Replies::Status(401)));
    let agent = |name: &str, url: &str| {
        format!(
            "[agents.{name}]\nkind = 'llm'\nmodel = 'm'\nprompt = 'Be kind.'\nbase_url = '{url}'\nspares = 'other'\n"
        )
    };
    let spare =
        format!("[models.other]\nmodel = 'wise-2'\nbase_url = '{}'\napi_key = 'tree'\n", wise.base_url);
    let settings = [agent("clerk", &wise.base_url), agent("host", &rude.base_url), spare];
    let world = World::start(Line::On(Face::Twilio), &settings.concat());

    let (code, findings) = examined(&world, &[]);

    assert_eq!(code, Some(1));
    assert_eq!(amiss(&findings).iter().filter(|amiss| *amiss == "models failed").count(), 1, "{findings:?}");
    says(&findings, "models", "the model of agent \"clerk\", m, begins a reply after ");
    says(&findings, "models", "spare model \"other\" begins a reply after ");
    says(&findings, "models", "the model of agent \"host\", m, does not reply: HTTP 401");
    let (_, body) = wise.is_asked();
    assert_eq!(
        [&body["messages"][0]["content"], &body["messages"][1]["content"]],
        [&json!("Be kind."), &json!("Hello?")]
    );
    assert!(wise.is_asked().0.contains("Bearer tree"));
}

/// A synthesizer and a recognizer that do what they are for, and one of each that doesn't.
#[test]
fn who_speaks_and_who_understands_is_tried() {
    let speech = Speech::start();
    let vendor = |section: &str, url: &str, more: &str| {
        format!(
            "[{section}]\nkind = 'openai'\nmodel = 'm'\nbase_url = '{url}/v1'\napi_key = 'sesame'\n{more}"
        )
    };
    let gone = "http://127.0.0.1:9";
    let settings = [
        vendor("recognizers.ear", &speech.url, ""),
        vendor("recognizers.gone", gone, ""),
        vendor("synthesizers.mouth", &speech.url, "voice = 'alto'\n"),
        vendor("synthesizers.gone", gone, "voice = 'alto'\n"),
    ];
    let world = World::start(Line::On(Face::Twilio), &settings.concat());

    let (code, findings) = examined(&world, &[]);

    assert_eq!(code, Some(1));
    assert_eq!(amiss(&findings).iter().filter(|amiss| *amiss == "speech failed").count(), 2, "{findings:?}");
    says(&findings, "speech", "recognizer \"ear\" heard \"Good morning, how can I help you today?\" in");
    says(&findings, "speech", "synthesizer \"mouth\" says a sentence of ");
    says(&findings, "speech", "recognizer \"gone\" understands nothing: ");
    says(&findings, "speech", "synthesizer \"gone\" says nothing: ");
}
