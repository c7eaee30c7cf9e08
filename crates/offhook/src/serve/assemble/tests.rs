//! What becomes of a configuration: carriers, limits and numbers.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::config::Environment;
use call::Party;

const TELNYX: &str = "kind = \"telnyx\"\napi_key = \"x\"\nconnection_id = \"1000\"\n\
    public_key = \"BAU34taZcqZNBv0kLqrYAJaYkqnp10kf/wClUwIWa2s=\"\n";
const TWILIO: &str = "kind = \"twilio\"\naccount_sid = \"AC1\"\nauth_token = \"x\"\n";
const PLIVO: &str = "kind = \"plivo\"\nauth_id = \"MA1\"\nauth_token = \"x\"\n";
const PUBLIC: &str = "public_url = \"https://gw.example\"\n";

fn load(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("offhook.toml"), text).unwrap();
    let environment = Environment::new([("HOME", "/home/ada")], folder.path());
    Config::load(None, &environment).unwrap_or_else(|faults| panic!("{faults}")).config
}

#[test]
fn one_line_takes_the_simulated_network_to_another_carriers_interface() {
    for (face, account, by_command) in [
        ("", network::DEFAULT_ACCOUNT_SID, false),
        ("face = \"twilio\"", network::DEFAULT_ACCOUNT_SID, false),
        ("face = \"telnyx\"", network::DEFAULT_TELNYX_CONNECTION_ID, true),
        ("face = \"plivo\"", network::DEFAULT_PLIVO_AUTH_ID, false),
    ] {
        let config = load(&format!("[carriers.lab]\nkind = \"simulated\"\n{face}\n"));
        let lines = lines(&config, "http://127.0.0.1:4060", None).unwrap();
        let carrier = &lines[0].carrier;
        assert_eq!(carrier.name().as_str(), "lab");
        assert_eq!((carrier.account(), carrier.by_command()), (Some(account), by_command), "{face}");
    }
}

#[test]
fn only_a_carrier_that_was_given_an_address_is_trusted_to_tell() {
    let check = |public: &str, carrier: &str, expected: [u64; 2]| {
        let limits = limits(&load(&format!("{public}[carriers.a]\n{carrier}")));
        let looks = [limits.look_unanswered.as_secs(), limits.look_talking.as_secs()];
        assert_eq!(looks, expected, "{public} {carrier}");
    };
    for carrier in [TWILIO, TELNYX] {
        check("", carrier, [2, 5]);
        check(PUBLIC, carrier, [15, 60]);
    }
    check(PUBLIC, PLIVO, [15, 60]);
    for face in ["twilio", "telnyx", "plivo"] {
        check("", &format!("kind = \"simulated\"\nface = {face:?}\n"), [15, 60]);
    }
}

#[test]
fn each_carrier_is_asked_as_fast_as_an_account_allows() {
    let config = load(&format!(
        "{PUBLIC}[carriers.a]\n{TWILIO}[carriers.b]\n{TELNYX}[carriers.c]\n{PLIVO}\
         [carriers.d]\nkind = \"simulated\"\nface = \"plivo\"\n[carriers.e]\n{PLIVO}calls_per_second = 4\n"
    ));
    let apart: Vec<(String, u128)> = settings(&config)
        .apart
        .into_iter()
        .map(|(name, apart)| (name.as_str().to_owned(), apart.as_millis()))
        .collect();
    let expected = [("a", 1000), ("b", 33), ("c", 500), ("e", 250)];
    assert_eq!(apart, expected.map(|(name, apart)| (name.to_owned(), apart)));
}

#[test]
fn an_imported_call_goes_to_the_account_that_its_number_is_with() {
    let config = load(&format!(
        "{PUBLIC}[carriers.a]\n{PLIVO}[carriers.b]\n{PLIVO}[carriers.c]\n{TELNYX}\
         [carriers.d]\nkind = \"simulated\"\n[numbers.\"+12025550100\"]\ncarrier = \"b\"\n"
    ));
    let mapping = import_mapping(&config);
    let names = |kind: &str| mapping.by_kind[kind].iter().map(CarrierName::as_str).collect::<Vec<_>>();
    assert_eq!((names("plivo"), names("telnyx")), (vec!["a", "b"], vec!["c"]));
    assert_eq!(names("simulated"), ["d"]);
    let number = "+12025550100".parse().unwrap();
    assert_eq!(mapping.numbers[&number].as_str(), "b");
}

#[test]
fn a_number_knows_its_callers_its_words_and_where_else_its_calls_may_go() {
    let config = load(&format!(
        "{PUBLIC}calls.over_limit = \"Later, please.\"\n[carriers.a]\n{PLIVO}[carriers.b]\n{TELNYX}\
         [numbers.\"+12025550100\"]\ncarrier = \"b\"\nfallback = [\"a\"]\ninbound = [\"+4420*\"]\n\
         greeting = \"Hello.\"\nhold = true\n[numbers.\"+12025550101\"]\ncarrier = \"a\"\n"
    ));
    let settings = settings(&config);
    assert_eq!(settings.over_limit.as_deref(), Some("Later, please."));
    let number = &settings.numbers[&"+12025550100".parse().unwrap()];
    assert_eq!((number.carrier.as_str(), number.hold), ("b", true));
    assert_eq!(number.fallback, [CarrierName("a".to_owned())]);
    let Inbound::Allow(callers) = &number.inbound else { panic!("{number:?}") };
    assert!(callers.include(&Party::read("+442079460123")));
    assert!(!callers.include(&Party::read("+12025550143")));
    let other = &settings.numbers[&"+12025550101".parse().unwrap()];
    assert_eq!((&other.inbound, other.hold, other.fallback.len()), (&Inbound::Deny, false, 0));
}
