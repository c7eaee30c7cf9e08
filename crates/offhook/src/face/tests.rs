//! Each verb, and in which of the four faces it is: a verb that only one of them has is a smell.

#![allow(clippy::unwrap_used)]
use crate::cli::args::CommandLine;
use crate::http::ROWS;
use clap::CommandFactory as _;
use std::collections::BTreeSet;
use std::path::Path;

/// Where a verb is in a face, or why it isn't.
#[derive(Clone, Copy)]
enum Is {
    At(&'static str),
    Not(&'static str),
}
use Is::{At, Not};

/// A verb by the word of its row; a command, by its words; a tool; and what the page has in its code to ask for it.
type Line = (&'static str, Is, Is, Is);

const FILE: Is = Not("a file goes in or out by a command");
const KEEPER: Is = Not("for whoever keeps the gateway");
const MACHINE: Is = Not("for programs that watch");

#[rustfmt::skip]
const TABLE: &[Line] = &[
    ("place", At("call"), At("place_call"), At("ask(\"POST\", \"calls\"")),
    ("list", At("ls"), At("list_calls"), At("`calls?live=true")),
    ("show", At("show"), At("get_call"), At("ask(\"GET\", `calls/${id}`)")),
    ("say", At("say"), At("say"), At("\n  say: {")),
    ("ask", At("ask"), At("ask"), At("\n  ask: {")),
    ("digits", At("digits"), At("send_digits"), At("\n  digits: {")),
    ("transfer", At("transfer"), At("transfer"), At("\n  transfer: {")),
    ("play", At("play"), Not("a model has words; files are played by whoever keeps them"), Not("files are played by a command or a program")),
    ("stream", At("stream"), Not("it is for a program that hears and speaks"), Not("it is for a program that hears and speaks")),
    ("stop", At("stop"), Not("what a model asks has a time in which it ends"), At("`calls/${call.id}/stop`")),
    ("hang_up", At("hangup"), At("hang_up"), At("`calls/${call.id}/hangup`")),
    ("command", At("say"), At("wait_for_call"), At("`calls/${call.id}/commands/${command.id}?wait_s")),
    ("follow", At("tail"), At("wait_for_call"), At("\"v1/events\"")),
    ("events", At("show"), At("get_call"), At("`calls/${id}/events")),
    ("transcript", At("transcript"), At("get_call"), Not("it tells what is said as it is said, with all else that happened")),
    ("recording", At("recording"), Not("a model reads the transcript"), At("v1/calls/${call.id}/recording")),
    ("recording_delete", At("recording"), KEEPER, KEEPER),
    ("listen", At("listen"), Not("a model reads what is said"), At("`v1/calls/${id}/sound`")),
    ("levels", Not("it is for eyes"), Not("it is for eyes"), At("`v1/levels?calls=")),
    ("recovery", At("ls"), KEEPER, At("ask(\"GET\", \"recovery\")")),
    ("latency", At("latency"), KEEPER, At("`figures?")),
    ("figures", At("figures"), KEEPER, At("`figures?")),
    ("network", Not("`offhook sim` asks the network itself"), Not("its people are called like anybody"), At("ask(\"GET\", \"network\")")),
    ("network_truth", Not("`offhook sim` asks the network itself"), Not("a model knows what its calls know"), At("`network/calls/${call.id}`")),
    ("paused", At("doctor"), At("doctor"), At("ask(\"GET\", \"pause\")")),
    ("pause", At("pause"), KEEPER, At("act(\"pause\"")),
    ("resume", At("resume"), KEEPER, At("act(\"resume\"")),
    ("dnc_list", At("dnc list"), KEEPER, At("\"dnc\"")),
    ("dnc_add", At("dnc add"), KEEPER, At("ask(\"POST\", \"dnc\"")),
    ("dnc_remove", At("dnc remove"), KEEPER, At("`dnc/${")),
    ("dnc_import", At("dnc import"), KEEPER, FILE),
    ("gate_audit", At("audit"), KEEPER, At("\"gate/audit\"")),
    ("access_audit", At("audit"), KEEPER, Not("for whoever gives tokens")),
    ("notices", At("notices"), KEEPER, Not("for programs that are told")),
    ("notices_replay", At("notices"), KEEPER, Not("for programs that are told")),
    ("draining", At("drain"), KEEPER, Not("it is asked for where the process is kept")),
    ("drain", At("drain"), KEEPER, Not("it is asked for where the process is kept")),
    ("drain_cancel", At("drain"), KEEPER, Not("it is asked for where the process is kept")),
    ("reload", At("reload"), KEEPER, Not("the configuration is a file")),
    ("import", At("import"), KEEPER, FILE),
    ("token_list", At("token list"), KEEPER, Not("tokens are given by a command")),
    ("token_add", At("token add"), KEEPER, Not("tokens are given by a command")),
    ("token_remove", At("token remove"), KEEPER, Not("tokens are given by a command")),
    ("token_rotate", At("token rotate"), KEEPER, Not("tokens are given by a command")),
    ("metrics", MACHINE, MACHINE, MACHINE),
];

#[test]
fn each_verb_is_told_of_once() {
    let told: BTreeSet<&str> = TABLE.iter().map(|line| line.0).collect();
    assert_eq!(told.len(), TABLE.len(), "a verb is there twice");
    assert_eq!(told, ROWS.iter().map(|row| row.verb).collect());
}

#[test]
fn the_commands_are_there() {
    let cli = CommandLine::command();
    for (verb, command, ..) in TABLE {
        let At(words) = command else { continue };
        let found = words.split(' ').try_fold(&cli, |above, word| above.find_subcommand(word));
        assert!(found.is_some(), "{verb}: there is no offhook {words}");
    }
}

#[test]
fn the_tools_are_there_and_no_others() {
    let told: BTreeSet<&str> =
        TABLE.iter().filter_map(|line| if let At(tool) = line.2 { Some(tool) } else { None }).collect();
    let there = mcp::face::tool_names();
    // To listen is to ask without a word.
    let there: BTreeSet<&str> = there.iter().map(String::as_str).filter(|tool| *tool != "listen").collect();
    assert_eq!(told, there);
}

#[test]
fn the_page_asks_for_what_it_is_said_to() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let code: String = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "js"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for (verb, .., page) in TABLE {
        let At(asked) = page else { continue };
        assert!(code.contains(asked), "{verb}: the page has no {asked}");
    }
}

/// `UPDATE_SNAPSHOTS=1` writes it.
#[test]
fn the_docs_have_the_table() {
    let mut page = HEAD.to_owned();
    for (verb, command, tool, on_page) in TABLE {
        let row = ROWS.iter().find(|row| row.verb == *verb).unwrap();
        let prefix = if row.path == "/metrics" { "" } else { "/v1" };
        let told = |is: &Is, shown: fn(&str) -> String| match is {
            At(place) => shown(place),
            Not(why) => format!("– {why}"),
        };
        let command = told(command, |words| format!("`offhook {words}`"));
        let tool = told(tool, |tool| format!("`{tool}`"));
        let on_page = told(on_page, |_| "yes".to_owned());
        page += &format!("| `{} {prefix}{}` | {command} | {tool} | {on_page} |\n", row.method, row.path);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faces.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}

const HEAD: &str = "\
# Four ways to say the same

Whatever the gateway can do is said in four ways: by [HTTP](http.md), on the command line, as [tools for a model](mcp.md), \
and on the [page](page.md). The commands, the tools and the page ask the same HTTP pages, so that tokens, limits, \
problems and the audit are the same for all. Where one of them lacks something, the table says why; a test holds it \
against all four.

| HTTP | command | tool | page |
|---|---|---|---|
";
