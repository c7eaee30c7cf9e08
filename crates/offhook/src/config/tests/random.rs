//! Files that nobody meant: whatever is in one, it is in force whole, or each fault is told, and
//! neither way a secret is.

use super::*;
use proptest::prelude::*;

const SECRET: &str = "hunter2secret";

/// A file with a bit of everything, each secret of which is [`SECRET`].
const FILE: &str = r#"public_url = "https://calls.example.com"
[http]
listen = "127.0.0.1:4060"
[calls]
live_max = 3
ring_max = "45s"
destinations = ["us", "GB"]
[carriers.work-1]
kind = "twilio"
account_sid = "AC1"
auth_token = "hunter2secret"
api_key_sid = "SK1"
api_key_secret = "hunter2secret"
[carriers.work-1.webhook_shared_keys]
"webhooks.one" = "hunter2secret"
[carriers.p]
kind = "plivo"
auth_id = "MA1"
auth_token = "hunter2secret"
[numbers."+15550100001"]
carrier = "work-1"
fallback = ["+15550100002"]
[numbers."+15550100002"]
carrier = "p"
"#;

/// What is done to one line.
#[derive(Clone, Debug)]
enum Edit {
    Drop,
    Twice,
    Value(&'static str),
    Key(&'static str),
    Insert(usize, char),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = (usize, Edit)> {
    let values = [
        "1",
        "-1",
        "\"\"",
        "true",
        "[]",
        "{}",
        "\"1h\"",
        "9223372036854775808",
        "0.5",
        "1979-05-27",
        "{ env = \"HOME\" }",
        "{ file = \"/dev/null\" }",
        "{ env = \"NOBODY\", file = \"x\" }",
        "\"\\u0000\"",
    ];
    // Not `kind`: whoever gives a secret for that is told what they wrote.
    let keys = ["live_max", "auth_token", "\"\"", "a.b", "carriers", "env"];
    let edit = prop_oneof![
        Just(Edit::Drop),
        Just(Edit::Twice),
        prop::sample::select(values.to_vec()).prop_map(Edit::Value),
        prop::sample::select(keys.to_vec()).prop_map(Edit::Key),
        (0..30usize, prop::sample::select("\"'[]{}=.#\n\\é, ".chars().collect::<Vec<_>>()))
            .prop_map(|(at, letter)| Edit::Insert(at, letter)),
        (0..30usize).prop_map(Edit::Cut),
    ];
    (0..FILE.lines().count(), edit)
}

fn edited(edits: &[(usize, Edit)]) -> String {
    let mut lines: Vec<String> = FILE.lines().map(str::to_owned).collect();
    for (at, edit) in edits {
        let line = &mut lines[*at];
        let (key, value) = line.split_once(" = ").unwrap_or((line, "1"));
        *line = match edit {
            Edit::Drop => String::new(),
            Edit::Twice => format!("{line}\n{line}"),
            Edit::Value(value) => format!("{key} = {value}"),
            Edit::Key(key) => format!("{key} = {value}"),
            Edit::Insert(at, letter) => {
                let (head, tail): (Vec<_>, Vec<_>) =
                    line.chars().enumerate().partition(|(index, _)| index < at);
                let text =
                    |part: Vec<(usize, char)>| part.into_iter().map(|(_, letter)| letter).collect::<String>();
                format!("{}{letter}{}", text(head), text(tail))
            }
            Edit::Cut(at) => line.chars().take(*at).collect(),
        };
    }
    lines.join("\n")
}

proptest! {
    #[test]
    fn a_file_is_in_force_whole_or_its_faults_are_told(edits in prop::collection::vec(edit(), 0..4)) {
        let text = edited(&edits);
        let said = match Folder::with(&text).load([]) {
            Ok(loaded) => print_in_force(&loaded),
            Err(faults) => {
                let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
                prop_assert!(!told.is_empty() && told.iter().all(|fault| !fault.trim().is_empty()), "{}", text);
                told.join("\n")
            }
        };
        prop_assert!(!said.contains(SECRET), "a secret is told: {}\n{}", said, text);
    }

    #[test]
    fn any_text_is_a_file_or_has_faults(text in "\\PC{0,200}") {
        let _ = Folder::with(&text).load([]);
    }
}
