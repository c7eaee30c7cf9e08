//! What a person reads about a configuration, as golden text, and where settings come from.
//!
//! `faults.golden` holds a file, variables (`$`), and what is said of them (`>`), case by case. Run
//! the tests with `GOLDEN=write` to write what is said, and review the difference.

mod random;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::default_file::tests::{SECRETS, needs_more};
use super::settings::{CarrierKind, Secret, StoreUrl};
use super::{Access, Config, ConfigFaults, Environment, Loaded, Renewal, Source, print_in_force};

#[test]
fn each_fault_names_its_place_and_the_way_out() {
    let path = golden("faults.golden");
    let written = std::fs::read_to_string(&path).expect("the cases are there");
    let said: String = written.split_inclusive("\n\n").map(with_what_is_said).collect();
    check_golden(&path, &said);
}

/// A case with its `>` lines made anew.
fn with_what_is_said(case: &str) -> String {
    let given: Vec<&str> = case.trim_end().lines().filter(|line| !line.starts_with('>')).collect();
    let (variables, file): (Vec<&str>, Vec<&str>) =
        given[1..].iter().partition(|line| line.starts_with("$ "));
    let variables = variables.iter().filter_map(|line| line.strip_prefix("$ ")?.split_once('='));
    let folder = Folder::with(&file.join("\n"));
    let said = match folder.load(variables) {
        Ok(_) => "> fine\n".to_owned(),
        Err(faults) => {
            faults.iter().map(|fault| format!("> {}\n", folder.without_path(&fault.to_string()))).collect()
        }
    };
    let end = if case.ends_with("\n\n") { "\n" } else { "" };
    format!("{}\n{said}{end}", given.join("\n"))
}

/// Of every kind one, and a secret wherever one may stand.
const EVERY_KIND: &str = r#"
public_url = "https://Calls.Example.com/phone/"
store.url = "sqlite://calls.db"
[calls]
live_max = 3
destinations = ["us", "GB"]
[carriers.work-1]
kind = "twilio"
account_sid = "AC1"
auth_token = { env = "TOKEN" }
api_key_sid = "SK1"
api_key_secret = { file = "secret.txt" }
[carriers.work-1.webhook_shared_keys]
"webhooks.one" = "hunter2"
[carriers.simulated]
kind = "simulated"
auth_token = "hunter2"
[numbers."+15550100001"]
carrier = "work-1"
greeting = "Say \"ö\""
agent = "bot"
[agents]
bot = { kind = "stream", url = "wss://bot.example.com/talk" }
clerk = { kind = "say", text = "Your parcel is here." }
hotel = { kind = "llm", model = "m", spares = ["other"], prompt = "Be \"kind\".", api_key = "hunter2", transfers = { desk = "+12025550143" }, tools = { find = { description = "Finds a guest.", url = "https://h.example.com/find", token = "hunter2", parameters = { name = "Whose", room = { type = "integer", description = "Which", optional = true } } } }, mcp = { rooms = { url = "https://h.example.com/mcp", token = "hunter2", only = ["find"] }, trains = { command = ["trains-mcp", "--stdio"], timeout = "5s" } } }
host = { kind = "realtime", model = "m-2", prompt = "Be brief.", base_url = "http://127.0.0.1:9/v1", voice = "v", turns = "meaning", api_key = "hunter2", transfers = { desk = "+12025550143" } }
[models.other]
model = "m-3"
base_url = "https://models.example.com/v1"
api_key = "hunter2"
[carriers.work-2]
kind = "telnyx"
api_key = "hunter2"
public_key = "BAU34taZcqZNBv0kLqrYAJaYkqnp10kf/wClUwIWa2s="
connection_id = "1000"
[carriers.work-3]
kind = "plivo"
auth_id = "MA1"
auth_token = "hunter2"
auth_token_previous = { env = "TOKEN" }
[carriers.lab-2]
kind = "simulated"
face = "telnyx"
api_key = "hunter2"
[carriers.lab-3]
kind = "simulated"
face = "plivo"
auth_token = { file = "secret.txt" }
[numbers."+15550100002"]
carrier = "work-2"
fallback = ["work-1", "work-3"]
inbound = ["+12025550143", "+4420*"]
hold = true
"#;

#[test]
fn what_is_in_force_is_printed_with_its_origins_and_without_secrets() {
    let folder = Folder::with(EVERY_KIND);
    std::fs::write(folder.0.path().join("secret.txt"), "hunter2\n").expect("the secret is written");
    let variables = [
        ("TOKEN", "hunter2"),
        ("OFFHOOK_API__TOKEN", "hunter2"),
        ("OFFHOOK_CALLS__LIVE_MAX", "5"),
        ("OFFHOOK_CARRIERS__WORK_1__REGION", "ie1"),
        ("OFFHOOK_CARRIERS__WORK_3__ACCEPT_SIGNATURE_V2", "true"),
        ("OFFHOOK_CARRIERS__LAB_2__API_KEY", "hunter2"),
        ("OFFHOOK_NUMBERS__15550100001__INBOUND", "open"),
    ];
    let loaded = folder.load(variables).expect("has no fault");
    let printed = print_in_force(&loaded);
    assert!(!printed.contains("hunter2") && !format!("{loaded:?}").contains("hunter2"));
    toml::from_str::<toml::Table>(&printed).expect("is TOML");
    check_golden(&golden("in_force.golden"), &folder.without_path(&printed));
    let CarrierKind::Twilio(twilio) = &loaded.config.carriers["work-1"].kind else { panic!("is Twilio") };
    let secret = twilio.api_key.as_ref().map(|key| key.secret.expose());
    assert_eq!((twilio.auth_token.expose(), secret), ("hunter2", Some("hunter2")));
}

#[test]
fn a_secret_is_masked_wherever_it_is_printed() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret} {secret:?}"), "*** ***");
}

#[test]
fn the_file_is_the_named_one_or_the_folders_own_or_the_users() {
    let folder = Folder::with("calls.live_max = 2");
    let user = folder.0.path().join("user/offhook");
    std::fs::create_dir_all(&user).expect("the folder is made");
    std::fs::write(user.join("offhook.toml"), "calls.live_max = 3").expect("the file is written");
    std::fs::write(folder.0.path().join("named.toml"), "calls.live_max = 1").expect("the file is written");
    let config_home = folder.0.path().join("user").display().to_string();
    let elsewhere = Environment::new([("XDG_CONFIG_HOME", &config_home)], folder.0.path().join("user"));
    let elsewhere_home = Environment::new([("HOME", "/home/ada")], folder.0.path().join("user"));
    let here = folder.environment([("XDG_CONFIG_HOME", config_home.as_str())]);
    let cases = [
        (Some("named.toml"), &here, Some(1), Some("named.toml")),
        (None, &here, Some(2), Some("offhook.toml")),
        (Some("absent.toml"), &here, None, None),
        (Some("user"), &here, None, None),
    ];
    for (explicit, environment, live_max, source) in cases {
        let loaded = Config::load(explicit.map(Path::new), environment).ok();
        let path = source.map(|name| Source::File(folder.0.path().join(name)));
        assert_eq!(loaded.as_ref().map(|loaded| loaded.config.calls.live_max), live_max, "{explicit:?}");
        assert_eq!(loaded.map(|loaded| loaded.source), path, "{explicit:?}");
    }
    let with_store =
        |variables: &Environment| Config::load(None, variables).map(|loaded| loaded.config.calls.live_max);
    assert!(with_store(&elsewhere).is_err(), "found, but has neither a home nor a store");
    assert_eq!(with_store(&elsewhere_home).ok(), Some(10), "finds nothing");
}

#[test]
fn paths_begin_at_the_file_the_home_or_the_working_folder() {
    let folder = Folder::with("");
    let inner = folder.0.path().join("etc");
    std::fs::create_dir_all(&inner).expect("the folder is made");
    let at = |path: &str| folder.0.path().join(path);
    let cases = [
        ("store.url = \"sqlite://a.db\"", None, at("etc/a.db")),
        ("store.url = \"sqlite://../a.db\"", None, at("etc/../a.db")),
        ("store.url = \"sqlite:///var/a.db\"", None, PathBuf::from("/var/a.db")),
        ("store.url = \"sqlite://~/a.db\"", None, PathBuf::from("/home/ada/a.db")),
        ("", Some("sqlite://a.db"), at("a.db")),
        ("", None, PathBuf::from("/home/ada/.local/state/offhook/offhook.db")),
    ];
    for (text, variable, expected) in cases {
        let file = inner.join("offhook.toml");
        std::fs::write(&file, text).expect("the file is written");
        let environment = folder.environment(variable.map(|value| ("OFFHOOK_STORE__URL", value)));
        let loaded = Config::load(Some(&file), &environment).expect("has no fault");
        assert_eq!(loaded.config.store.url, StoreUrl::Sqlite(expected), "{text}");
    }
}

#[test]
fn the_environment_can_name_a_carrier_of_its_own() {
    let variables = [
        ("OFFHOOK_CARRIERS__WORK__KIND", "twilio"),
        ("offhook_carriers__work__account_sid", "AC1"),
        ("OFFHOOK_CARRIERS__WORK__AUTH_TOKEN__ENV", "TOKEN"),
        ("OFFHOOK_CARRIERS__WORK__CALLS_PER_SECOND", "2.5"),
        ("OFFHOOK_CARRIERS__SIMULATED__BASE_URL", "http://127.0.0.1:9/"),
        ("OFFHOOK_NUMBERS__15550100009__CARRIER", "work"),
        ("TOKEN", "hunter2"),
    ];
    let config = Folder::with("").load(variables).expect("has no fault").config;
    let CarrierKind::Simulated(simulated) = &config.carriers["simulated"].kind else {
        panic!("is simulated")
    };
    assert_eq!(simulated.base_url.as_str(), "http://127.0.0.1:9");
    assert_eq!(config.carriers["simulated"].calls_per_second, None);
    assert_eq!(config.numbers["+15550100009"].carrier, "work");
    assert!(config.carriers.get("work").is_some_and(|work| work.calls_per_second == Some(2.5)));
}

#[test]
fn a_command_needs_no_carriers_secrets_to_reach_the_gateway() {
    let folder = Folder::with(
        r#"
listen = "127.0.0.1:9"
store.url = "sqlite://a.db"
[carriers.a]
kind = "twilio"
auth_token = { env = "UNSET" }
"#,
    );
    assert!(folder.load([]).is_err());
    let access = Access::load(None, &folder.environment([])).expect("has no fault that matters here");
    assert_eq!(access.listen, SocketAddr::from(([127, 0, 0, 1], 9)));
    assert_eq!(access.token_file, Some(folder.0.path().join("a.db.token")));
    assert!(access.token.is_none());
}

#[test]
fn the_examples_of_the_documentation_have_no_fault() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = |name: &str| std::fs::read_to_string(docs.join(name)).expect("the page is there");
    let pages = page("configuration.md") + &page("agents.md");
    let examples: Vec<&str> =
        pages.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 9);
    for example in examples.into_iter().filter(|example| !needs_more(example)) {
        let loaded = Folder::with(example).load(SECRETS);
        assert!(
            loaded.is_ok(),
            "{example}\n{}",
            loaded.err().map(|faults| faults.to_string()).unwrap_or_default()
        );
    }
}

#[test]
fn speech_in_the_process_needs_an_offhook_that_was_built_with_it() {
    let text = "[recognizers.ear]\nkind = \"whisper\"\nmodel = \"ggml.bin\"\n\
                [synthesizers.voice]\nkind = \"piper\"\nmodel = \"/voices/joe.onnx\"\nspeed = 2.0\n";
    let folder = Folder::with(text);
    match folder.load([]) {
        Err(faults) if cfg!(not(feature = "local-speech")) => {
            let told = faults.to_string();
            for fault in ["2:8: `recognizers.ear.kind`", "5:8: `synthesizers.voice.kind`"] {
                let fault = format!(
                    "{fault} needs an offhook that was built with `--features local-speech`, and this one \
                     wasn't; build it so, or use kind = \"program\""
                );
                assert!(told.contains(&fault), "{told}");
            }
        }
        Ok(loaded) if cfg!(feature = "local-speech") => {
            let printed = folder.without_path(&print_in_force(&loaded));
            assert!(printed.contains("kind = \"whisper\"") && printed.contains("ggml.bin\""), "{printed}");
            assert!(printed.contains("phonemes = \"espeak-ng\"\nspeed = 2.0"), "{printed}");
        }
        loaded => panic!("{:?}", loaded.map(|loaded| loaded.config.recognizers)),
    }
}

/// A folder with one configuration file.
struct Folder(TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("offhook.toml"), text).expect("the file is written");
        Self(folder)
    }

    fn environment<'v>(&self, variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Environment {
        let home = [("HOME", "/home/ada")];
        Environment::new(home.into_iter().chain(variables), self.0.path())
    }

    fn load<'v>(
        &self,
        variables: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Result<Loaded, ConfigFaults> {
        Config::load(None, &self.environment(variables))
    }

    fn without_path(&self, text: &str) -> String {
        text.replace(&self.0.path().display().to_string(), "/folder")
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config").join(name)
}

/// Holds `text` against a golden file, or writes the file if `GOLDEN=write`.
fn check_golden(path: &Path, text: &str) {
    if std::env::var("GOLDEN").as_deref() == Ok("write") {
        std::fs::write(path, text).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(path).expect("the golden file is there");
    assert_eq!(text, golden, "{} differs; GOLDEN=write writes it", path.display());
}

#[test]
fn a_configuration_read_anew_names_what_differs_and_not_how() {
    let folder =
        Folder::with("[api]\ntoken = \"hunter2\"\n[calls]\nlive_max = 3\n[alarms]\nafter = \"2m\"\n");
    let before = folder.load([]).expect("is fine");
    let file = folder.0.path().join("offhook.toml");
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:1\"\n[api]\ntoken = \"hunter3\"\n[calls]\nlive_max = 3\nover_limit = \"x\"\n",
    )
    .expect("it can be written");
    let environment = folder.environment([]);
    let renewal = Renewal::read(&before.source, &before.config, &environment).expect("is fine");
    let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&renewal.changed), "alarms.after api.token calls.over_limit");
    assert_eq!(names(&renewal.needs_restart), "listen");
    assert_eq!(renewal.config.listen, before.config.listen);
    assert!(renewal.touches("alarms") && !renewal.touches("carriers"));

    std::fs::remove_file(&file).expect("it was there");
    let gone = Renewal::read(&before.source, &before.config, &environment);
    assert!(gone.is_err(), "a file that is gone is no reason to take the built-in default");
}
