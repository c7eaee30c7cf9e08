//! What is found and how it is told: answers in, findings out, and the output as golden files.
//!
//! Run the tests with `GOLDEN=write` to write what is printed, and review the difference.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use call::Timestamp;
use call::call::{Unknown, UnknownWhy};
use carrier::{Reply, SendError, Setting, Stake, Wiring};

use super::accounts::{self, Account, Answer, Brand};
use super::finding::{Finding, Level, document, table};
use super::{clock, numbers, of_faults, public, webhooks};
use crate::cli::paint::Paint;
use crate::config::{Config, Environment, Loaded};

/// A configuration with this in its file. It keeps its store in a folder that isn't there.
pub(super) fn loaded(text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offhook.toml");
    std::fs::write(&file, text).unwrap();
    let home = folder.path().to_str().unwrap().to_owned();
    let environment = Environment::new([("HOME", home)], folder.path());
    Config::load(Some(&file), &environment).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

/// The account at a carrier of this kind, and our number at it.
fn account(brand: Brand) -> Account {
    let settings = match brand {
        Brand::Twilio => "kind = 'twilio', account_sid = 'AC1', auth_token = 'nobody may see'",
        Brand::Telnyx => {
            "kind = 'telnyx', api_key = 'nobody may see', connection_id = '7', \
             public_key = 'bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E='"
        }
        Brand::Plivo => "kind = 'plivo', auth_id = 'MA1', auth_token = 'nobody may see'",
    };
    let text = format!(
        "public_url = 'https://gw.example.com'\ncalls.duration_max = '5m'\ncarriers.main = {{ {settings} }}\n\
         numbers.'+15550100001' = {{ carrier = 'main', inbound = 'open', greeting = 'Hello.' }}\n"
    );
    accounts::of(&loaded(&text).config, true).unwrap().pop().unwrap()
}

fn simulated(is_running: bool) -> Account {
    accounts::of(&loaded("").config, is_running).unwrap().pop().unwrap()
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn credentials(account: &Account, status: u16) -> Finding {
    let fault = (status != 200).then(|| format!("HTTP {status}"));
    let took = Duration::from_millis(143);
    accounts::judge(account, &Answer { reply: Ok(reply(status, "")), fault, took })
}

fn told(name: &'static str, found: Option<&str>, wanted: &str, stake: Stake) -> Setting {
    Setting::new(name, found, Some(wanted), stake)
}

#[test]
fn an_answer_of_a_carrier_is_told_with_its_way_out() {
    let mut findings = Vec::new();
    for brand in [Brand::Twilio, Brand::Telnyx, Brand::Plivo] {
        findings.extend([200, 401, 404].map(|status| credentials(&account(brand), status)));
    }
    findings.extend([403, 429, 503, 302].map(|status| credentials(&account(Brand::Twilio), status)));
    let listing = Answer {
        reply: Ok(reply(200, "<html>")),
        fault: Some("the listing is no list of calls".to_owned()),
        took: Duration::ZERO,
    };
    findings.push(accounts::judge(&account(Brand::Twilio), &listing));
    findings.push(credentials(&simulated(true), 401));
    for account in [account(Brand::Twilio), simulated(true), simulated(false)] {
        let refused = SendError::NotSent("client error (Connect): connection refused".to_owned());
        let answer = Answer { reply: Err(refused), fault: None, took: Duration::ZERO };
        findings.push(accounts::judge(&account, &answer));
    }
    check_golden("credentials.txt", &table(&findings, Paint::Plain));
}

#[test]
fn a_setting_at_a_carrier_that_leads_elsewhere_is_told_with_its_way_out() {
    let number = "+15550100001".parse().unwrap();
    let base = "https://gw.example.com/webhooks/main";
    let (voice, status) = (format!("{base}/voice"), format!("{base}/status"));
    let mut findings = Vec::new();
    let mut judge = |brand, number, told| findings.extend(webhooks::judge(&account(brand), number, told));
    let right = |found: &str, wanted: &str| told("voice_url", Some(found), wanted, Stake::CallsIn);
    judge(Brand::Twilio, Some(&number), Ok(Wiring::Told(vec![right(&voice, &voice)])));
    let elsewhere = "https://user:secret@old.example.com/voice?token=secret";
    let wrong = vec![right(elsewhere, &voice), told("status_callback", None, &status, Stake::News)];
    judge(Brand::Twilio, Some(&number), Ok(Wiring::Told(wrong)));
    let version = told("webhook_api_version", Some("1"), "2", Stake::EveryCall);
    judge(Brand::Telnyx, None, Ok(Wiring::Told(vec![version])));
    judge(Brand::Telnyx, None, Ok(Wiring::Told(Vec::new())));
    let unconnected = told("application", None, "one that calls us", Stake::CallsIn);
    judge(Brand::Plivo, Some(&number), Ok(Wiring::Told(vec![unconnected])));
    judge(Brand::Plivo, Some(&number), Ok(Wiring::NoSuchNumber));
    let unknown = Unknown { why: UnknownWhy::Forbidden, detail: "HTTP 403".to_owned(), retry_after: None };
    judge(Brand::Twilio, Some(&number), Err(unknown));
    judge(Brand::Twilio, None, Ok(Wiring::Untold));
    let printed = table(&findings, Paint::Plain);
    assert!(!printed.contains("secret"), "{printed}");
    check_golden("webhooks.txt", &printed);
}

#[test]
fn what_answers_at_the_public_address_is_told_from_this_gateway() {
    let here = r#"{"status":"ok","reasons":[],"instance":"a1"}"#;
    let told = |reply, here| public::judge("https://gw.example.com", reply, here, Duration::from_millis(87));
    let findings = [
        told(Ok(reply(200, here)), Some("a1")),
        told(Ok(reply(200, here)), Some("b2")),
        told(Ok(reply(200, here)), None),
        told(Ok(reply(200, "<html>")), Some("a1")),
        told(Ok(reply(502, "<html>")), Some("a1")),
        told(Ok(reply(404, "")), Some("a1")),
        told(Ok(reply(301, "")), Some("a1")),
        told(Err(SendError::TimedOut(Duration::from_secs(10))), Some("a1")),
        told(Err(SendError::NotSent("invalid peer certificate: Expired".to_owned())), Some("a1")),
    ];
    check_golden("public.txt", &table(&findings, Paint::Plain));
}

#[test]
fn a_clock_that_is_off_is_told_by_how_much_it_hurts() {
    use Level::{Failed, Note, Ok, Warning};
    for (brand, ahead_ms, level, what) in [
        (Brand::Twilio, 300, Ok, "this machine and main agree within 2 s"),
        (Brand::Twilio, -2_000, Ok, "this machine and main agree within 2 s"),
        (Brand::Twilio, 2_501, Note, "this machine is 3 s ahead of main"),
        (Brand::Telnyx, -60_000, Note, "this machine is 60 s behind main"),
        (Brand::Telnyx, 60_001, Warning, "60 s ahead of main: the times of calls are wrong by that"),
        (Brand::Telnyx, 300_000, Warning, "300 s ahead of main: the times of calls are wrong by that"),
        (Brand::Telnyx, -300_001, Failed, "past 300 s every webhook of Telnyx's is refused"),
        (Brand::Twilio, 3_600_000, Warning, "3600 s ahead of main: the times of calls"),
        (Brand::Plivo, i64::MIN, Warning, "behind main"),
    ] {
        let finding = clock::judge("main", brand, ahead_ms);
        assert_eq!(finding.level, level, "{finding:?}");
        assert!(finding.what.contains(what), "{finding:?}");
        assert_eq!(finding.way_out.is_some(), level != Ok);
    }
    // Sent at 10:00:58, received at 10:01:02; it was written between, in the second 10:00:00.
    let (date, received) = (Timestamp(1_795_341_600_000), Timestamp(1_795_341_662_000));
    let finding = clock::examine("main", Brand::Twilio, date, received, Duration::from_secs(4));
    assert_eq!((finding.level, finding.what.as_str()), (Note, "this machine is 60 s ahead of main"));
}

#[test]
fn numbers_are_told_with_those_who_may_call_them() {
    let carriers = "carriers.a = { kind = 'simulated' }\ncarriers.b = { kind = 'simulated' }\n";
    let mut printed = String::new();
    for text in [
        "numbers.'+15550100001' = { carrier = 'a' }",
        "numbers.'+15550100001' = { carrier = 'a', fallback = ['b'], inbound = 'open', greeting = 'Hello.' }\n\
         numbers.'+15550100002' = { carrier = 'a', inbound = ['+1202*'] }\n\
         numbers.'+15550100003' = { carrier = 'b' }\n\
         numbers.'+15550100004' = { carrier = 'b', inbound = 'open', hold = true }",
    ] {
        let findings = numbers::examine(&loaded(&format!("{carriers}{text}")).config);
        printed.push_str(&table(&findings, Paint::Plain));
    }
    check_golden("numbers.txt", &printed);
}

#[test]
fn findings_are_one_document() {
    let findings =
        [Finding::ok("store", "/var/lib/offhook.db"), Finding::failed("clock", "it is late", "wind it up")];
    let expected = r#"{"findings":[{"check":"store","level":"ok","way_out":null,"what":"/var/lib/offhook.db"},{"check":"clock","level":"failed","way_out":"wind it up","what":"it is late"}]}"#;
    assert_eq!(document(&findings), serde_json::from_str::<serde_json::Value>(expected).unwrap());
    let coloured = table(&findings, Paint::Coloured);
    assert!(coloured.contains("\u{1b}[31mFAILED\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn each_fault_of_a_configuration_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offhook.toml");
    std::fs::write(&file, "listn = 1\ncalls.live_max = 0\n").unwrap();
    let environment = Environment::new([("HOME", "/root")], folder.path());
    let findings = of_faults(&Config::load(Some(&file), &environment).unwrap_err());
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().all(|finding| finding.level == Level::Failed));
    assert!(findings[0].what.contains("offhook.toml:1:1: `listn` is no setting"), "{findings:?}");
}

fn check_golden(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor/golden").join(name);
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, printed).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, expected, "{}", path.display());
}
