//! Which addresses nobody outside can reach, what a store's place says, and what is missing where
//! there is no public address.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::super::finding::{Finding, Level};
use super::super::tests::loaded;
use super::{hidden, public_url, store};

#[test]
fn only_addresses_that_mean_something_outside_are_public() {
    for (url, expected) in [
        ("https://calls.example.com", None),
        ("https://calls.example.com:8443/gw", None),
        ("https://203.0.113.7", None),
        ("https://[2001:db8::7]", None),
        ("http://127.0.0.1:4060", Some("an address of this machine alone")),
        ("http://localhost:4060", Some("an address of this machine alone")),
        ("https://[::1]", Some("an address of this machine alone")),
        ("https://0.0.0.0", Some("an address of this machine alone")),
        ("https://192.168.1.4", Some("an address of the local network")),
        ("https://10.0.0.4", Some("an address of the local network")),
        ("https://172.16.0.4", Some("an address of the local network")),
        ("https://100.64.0.4", Some("an address of the local network")),
        ("https://169.254.1.1", Some("an address of the local network")),
        ("https://[fd00::4]", Some("an address of the local network")),
        ("https://[fe80::4]", Some("an address of the local network")),
        ("https://gateway", Some("a name of the local network")),
        ("https://gateway.local", Some("a name of the local network")),
        ("https://gw.lan.", Some("a name of the local network")),
        ("https://gw.local.example.com", None),
    ] {
        let loaded = loaded(&format!("public_url = {url:?}"));
        assert_eq!(hidden(loaded.config.public_url.as_ref().unwrap()), expected, "{url}");
    }
}

#[test]
fn a_real_carrier_needs_a_public_address_for_those_who_call() {
    let twilio = "carriers.t.kind = 'twilio'\ncarriers.t.account_sid = 'AC1'\ncarriers.t.auth_token = 'x'\n";
    let on_loopback = format!("{twilio}carriers.t.base_url = 'http://127.0.0.1:1'\n");
    let called = "numbers.'+15550100001' = { carrier = 't', inbound = 'open' }\n";
    let silent = "numbers.'+15550100001' = { carrier = 't' }\n";
    for (text, expected) in [
        (String::new(), None),
        (format!("{twilio}{silent}"), Some(Level::Note)),
        (format!("{twilio}{called}"), Some(Level::Failed)),
        (format!("{on_loopback}{called}"), None),
        (format!("public_url = 'http://127.0.0.1:4060'\n{twilio}{called}"), Some(Level::Failed)),
        (format!("public_url = 'http://127.0.0.1:4060'\n{on_loopback}{called}"), Some(Level::Ok)),
        (format!("public_url = 'https://gw.example.com'\n{twilio}{called}"), Some(Level::Ok)),
    ] {
        let finding = public_url(&loaded(&text).config);
        assert_eq!(finding.map(|finding| finding.level), expected, "{text}");
    }
}

#[test]
fn a_store_that_cannot_be_written_is_told_and_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/offhook.db");
    let told = |finding: Finding| (finding.level, finding.what.replace(folder.path().to_str().unwrap(), ""));
    assert_eq!(told(store(&path)), (Level::Ok, "/deep/offhook.db, made at the first start".to_owned()));
    assert!(!folder.path().join("deep").exists(), "nothing is made");
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(&path, "calls").unwrap();
    assert_eq!(told(store(&path)), (Level::Ok, "/deep/offhook.db".to_owned()));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(told(store(&path)), (Level::Failed, "/deep/offhook.db: it is read-only".to_owned()));
    assert_eq!(told(store(folder.path())), (Level::Failed, ": it is no file".to_owned()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "calls");
    assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 1, "nothing is left behind");
}
