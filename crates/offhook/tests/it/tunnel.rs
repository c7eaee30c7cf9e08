//! `offhook tunnel`: the programs that make a machine reachable are found on the path, a running one is
//! asked, and the address is written without touching anything else.

use crate::world::{offhook, words};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

const CONFIG: &str = "\
# Mine.
listen = \"127.0.0.1:4999\" # here

[carriers.twilio] # the account
kind = \"twilio\"
account_sid = \"AC1\"
auth_token = { env = \"SOME_TOKEN\" }

[numbers.\"+12025550100\"]
carrier = \"twilio\"
";

/// Nobody listens there.
const NO_NGROK: &str = "http://127.0.0.1:9";

fn folder() -> TempDir {
    let folder = TempDir::with_prefix("offhook-tunnel-").unwrap();
    fs::write(folder.path().join("offhook.toml"), CONFIG).unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    folder
}

/// A program that does nothing, under this name.
fn install(folder: &Path, name: &str, mode: u32) {
    let path = folder.join("bin").join(name);
    fs::write(&path, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn tunnel(folder: &Path, ngrok: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = offhook(folder);
    command.env("PATH", folder.join("bin")).env("SOME_TOKEN", "t");
    words(&command.args(["tunnel", "--ngrok-api", ngrok]).args(arguments).output().unwrap())
}

/// Plays the API of ngrok's agent, to so many who ask.
fn ngrok(leads_to: &str, times: usize) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    let page = json!({ "uri": "/api/tunnels", "tunnels": [
        {"name": "ssh", "public_url": "tcp://1.tcp.ngrok.io:1", "proto": "tcp", "config": {"addr": "localhost:22"}},
        {"name": "web", "public_url": "https://a1b2.ngrok-free.app", "proto": "https",
         "config": {"addr": leads_to, "inspect": true}},
    ]})
    .to_string();
    let asked = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for connection in listener.incoming().take(times) {
            let (mut connection, mut request) = (connection.unwrap(), [0; 2048]);
            let n = connection.read(&mut request).unwrap();
            let head = String::from_utf8_lossy(&request[..n]).into_owned();
            asked.push(head.lines().next().unwrap_or_default().to_owned());
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            connection.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    (api, asked)
}

#[test]
fn the_exact_command_is_told_for_each_program_that_is_here() {
    let folder = folder();
    let (code, out, said) = tunnel(folder.path(), NO_NGROK, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("none of cloudflared, ngrok, tailscale is on the path"), "{out}");
    install(folder.path(), "ngrok", 0o755);
    install(folder.path(), "cloudflared", 0o755);
    install(folder.path(), "tailscale", 0o644);
    let (_, out, _) = tunnel(folder.path(), NO_NGROK, &[]);
    for command in ["ngrok http 127.0.0.1:4999", "cloudflared tunnel --url http://127.0.0.1:4999"] {
        assert!(out.lines().any(|line| line.trim() == command), "{command}: {out}");
    }
    assert!(!out.contains("tailscale"), "one that can't be run is not there: {out}");
    let (_, out, _) = tunnel(folder.path(), NO_NGROK, &["--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["commands"][0], "cloudflared tunnel --url http://127.0.0.1:4999", "{told}");
    assert_eq!(fs::read_to_string(folder.path().join("offhook.toml")).unwrap(), CONFIG);
}

#[test]
fn a_given_address_is_written_and_nothing_else_changes() {
    let folder = folder();
    let path = folder.path().join("offhook.toml");
    let (code, out, said) = tunnel(folder.path(), NO_NGROK, &["--set", "https://calls.example.com/"]);
    assert_eq!(code, Some(0), "{said}");
    let with = |url: &str| CONFIG.replace("# here\n", &format!("# here\npublic_url = \"{url}\"\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), with("https://calls.example.com"));
    assert!(out.contains("restart the gateway"), "{out}");
    assert!(
        out.contains("A call comes in") && out.contains("https://calls.example.com/webhooks/twilio/voice"),
        "{out}"
    );
    let (_, out, _) = tunnel(folder.path(), NO_NGROK, &["--set", "https://calls.example.com"]);
    assert!(out.contains("already"), "{out}");
    for (arguments, told) in [
        (["--set", "http://calls.example.com"], "use https"),
        (["--set", "calls.example.com"], "is no URL"),
        (["--set", "https://a.example.com/?x=1"], "has a query"),
    ] {
        let (code, out, said) = tunnel(folder.path(), NO_NGROK, &arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {out}{said}");
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), with("https://calls.example.com"));
}

#[test]
fn a_running_ngrok_tells_its_address_itself() {
    let folder = folder();
    let (api, asked) = ngrok("http://localhost:4999", 2);
    let (code, out, said) = tunnel(folder.path(), &api, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("https://a1b2.ngrok-free.app") && out.contains("--write"), "{out}");
    let (code, out, said) = tunnel(folder.path(), &api, &["--write"]);
    assert_eq!(code, Some(0), "{out}{said}");
    let text = fs::read_to_string(folder.path().join("offhook.toml")).unwrap();
    assert!(
        text.contains("public_url = \"https://a1b2.ngrok-free.app\"") && text.contains("# the account"),
        "{text}"
    );
    assert_eq!(asked.join().unwrap(), ["GET /api/tunnels HTTP/1.1"; 2]);
}

#[test]
fn an_ngrok_that_leads_elsewhere_is_not_taken() {
    let folder = folder();
    let (api, _) = ngrok("http://localhost:80", 2);
    let (code, out, said) = tunnel(folder.path(), &api, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("leads to localhost:22 and http://localhost:80, not here"), "{out}");
    let (code, _, said) = tunnel(folder.path(), &api, &["--write"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--set URL"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("offhook.toml")).unwrap(), CONFIG);
}

#[test]
fn without_a_configuration_there_is_nothing_to_write_into() {
    let folder = folder();
    fs::remove_file(folder.path().join("offhook.toml")).unwrap();
    let (code, _, said) = tunnel(folder.path(), NO_NGROK, &["--set", "https://calls.example.com"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("offhook init"), "{said}");
}
