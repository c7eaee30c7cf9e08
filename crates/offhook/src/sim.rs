//! `offhook sim`: the simulated telephone network, as a tool of its own, and what is asked of one
//! that runs.

mod control;

pub(crate) use control::Control;

use crate::cli::args::{Global, SimArgs, SimAsk, SimCallArgs};
use crate::config::settings::BaseUrl;
use crate::config::{Environment, Networks};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Runs the simulated network until it is told to stop, or is idle for as long as was asked; or
/// asks something of the one that runs.
///
/// # Errors
/// It could not listen, nobody did what was asked, or the configuration has faults.
pub(crate) fn run(args: &SimArgs, global: &Global, environment: &Environment) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match &args.ask {
            None => serve(args).await,
            Some(SimAsk::Call(call)) => call_in(call, &url(global, environment, &call.to)?).await,
        }
    })
}

async fn serve(args: &SimArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; a simulated network may be running there already, or name another --listen",
            args.listen
        )
    })?;
    print!("{}", introduction(listener.local_addr()?));
    let latency = args.latency.unwrap_or_default().as_millis();
    let settings = network::Settings {
        latency_ms: u64::try_from(latency)?,
        seed: args.seed,
        exit_when_idle: args.exit_when_idle,
        ..network::Settings::default()
    };
    network::serve(listener, settings, crate::serve::told_to_stop(args.until_stdin_ends)).await?;
    Ok(())
}

/// Where it listens, and a section of a configuration for each of its faces, with the credentials
/// that other programs need too.
fn introduction(address: SocketAddr) -> String {
    let url = format!("http://{address}");
    let section = |face: &str, api: &str, credentials: &[(&str, &str)]| {
        let mut text = format!(
            "\n# {api} for other programs\n[carriers.{face}]\nkind = \"simulated\"\nface = \"{face}\"\n\
             base_url = \"{url}\"\n"
        );
        for (key, value) in credentials {
            text += &format!("{key} = \"{value}\"\n");
        }
        text
    };
    let twilio = [("account_sid", network::DEFAULT_ACCOUNT_SID), ("auth_token", network::DEFAULT_AUTH_TOKEN)];
    let telnyx = [
        ("api_key", network::DEFAULT_TELNYX_API_KEY),
        ("public_key", network::DEFAULT_TELNYX_PUBLIC_KEY),
        ("connection_id", network::DEFAULT_TELNYX_CONNECTION_ID),
    ];
    let plivo =
        [("auth_id", network::DEFAULT_PLIVO_AUTH_ID), ("auth_token", network::DEFAULT_PLIVO_AUTH_TOKEN)];
    format!(
        "the simulated network listens on {url}\n\
         it speaks as three carriers; copy the one that you want into offhook.toml:\n{}{}{}",
        section("twilio", &format!("{url}/2010-04-01/"), &twilio),
        section("telnyx", &format!("{url}/v2/"), &telnyx),
        section("plivo", &format!("{url}/v1/Account/"), &plivo),
    )
}

/// Where the network is that this number is on: where the command line says, or else the
/// configuration, or else where it usually listens.
fn url(global: &Global, environment: &Environment, number: &str) -> anyhow::Result<String> {
    if let Some(url) = &global.url {
        return Ok(url.clone());
    }
    let networks = Networks::load(global.config_file(environment), environment)?;
    Ok(networks.with(number).map_or(USUAL_URL, BaseUrl::as_str).to_owned())
}

/// Lets a subscriber call one of the customer's numbers.
async fn call_in(args: &SimCallArgs, url: &str) -> anyhow::Result<()> {
    let wanted = json!({ "from": args.from, "to": args.to });
    let called = Control::new(url)?.post(&["network", "calls"], &wanted).await;
    let call = called.with_context(|| format!("cannot call {}", args.to))?;
    if args.json {
        println!("{call}");
    } else {
        print!("{}", described(&call));
    }
    Ok(())
}

fn described(call: &Value) -> String {
    let text = |key: &str| call[key].as_str().unwrap_or_default();
    format!(
        "{} calls {} at {}: {} ({})\n",
        text("from"),
        text("to"),
        text("carrier"),
        text("status"),
        text("id")
    )
}

/// Where the network listens unless told otherwise.
const USUAL_URL: &str = "http://127.0.0.1:4061";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_the_network_prints_can_be_copied_into_a_configuration() {
        let printed = introduction(([127, 0, 0, 1], 9).into());
        let (said, sections) = printed.split_once("\n\n").unwrap();
        assert!(said.starts_with("the simulated network listens on http://127.0.0.1:9\n"), "{said}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("offhook.toml"), sections).unwrap();
        let environment = Environment::new([("HOME", "/home/ada")], folder.path());
        let loaded = Config::load(None, &environment).unwrap_or_else(|faults| panic!("{faults}"));
        let names: Vec<&String> = loaded.config.carriers.keys().collect();
        assert_eq!(names, ["plivo", "telnyx", "twilio"]);
    }

    #[test]
    fn a_number_is_called_on_the_network_that_the_configuration_has_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::new([("HOME", "/home/ada")], folder.path());
        let at = |global: &Global, number: &str| url(global, &environment, number).unwrap();
        let plain = Global::default();
        assert_eq!(at(&plain, "+15550100000"), USUAL_URL, "the built-in configuration");
        // The token is in no environment here: a call needs none.
        let text = "[carriers.a]\nkind = \"simulated\"\nbase_url = \"http://127.0.0.1:7\"\n\
            [carriers.b]\nkind = \"simulated\"\nbase_url = \"http://127.0.0.1:8\"\n\
            [carriers.c]\nkind = \"twilio\"\nauth_token = { env = \"NONE\" }\n\
            [numbers.\"+15550100001\"]\ncarrier = \"b\"\n";
        std::fs::write(folder.path().join("offhook.toml"), text).unwrap();
        assert_eq!(at(&plain, "+15550100001"), "http://127.0.0.1:8");
        assert_eq!(at(&plain, "+15550100002"), "http://127.0.0.1:7", "the first");
        let told = Global { url: Some("http://127.0.0.1:9".to_owned()), ..Global::default() };
        assert_eq!(at(&told, "+15550100001"), "http://127.0.0.1:9");
        std::fs::write(folder.path().join("offhook.toml"), "[carriers.a]\nkind = \"simulate\"\n").unwrap();
        assert!(url(&plain, &environment, "+15550100001").is_err());
        assert_eq!(at(&told, "+15550100001"), "http://127.0.0.1:9");
    }

    #[test]
    fn a_call_is_told_in_one_line() {
        let call = json!({
            "id": "CA1", "from": "+15550110001", "to": "+15550100000", "carrier": "twilio", "status": "ringing"
        });
        assert_eq!(described(&call), "+15550110001 calls +15550100000 at twilio: ringing (CA1)\n");
    }
}
