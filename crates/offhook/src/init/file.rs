//! The file: what is written into it, and how it comes to be there.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::answers::{Account, Answers, CarrierChoice, Model, SecretPlace, Welcome};

/// The configuration that the answers make.
pub(super) fn text(answers: &Answers) -> String {
    let mut text = HEAD.to_owned();
    text += &public_url(answers);
    text += &carrier(&answers.account);
    text += &number(answers);
    if let Welcome::Agent { agent, .. } = &answers.welcome {
        text += &model(agent);
    }
    text + TAIL
}

/// Writes it where nothing is.
///
/// # Errors
/// Something is there ([`io::ErrorKind::AlreadyExists`]), or it can't be written.
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    fill(&mut file, text).inspect_err(|_| {
        // Half a file would be read as one.
        let _ = std::fs::remove_file(path);
    })
}

fn fill(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn public_url(answers: &Answers) -> String {
    match &answers.public_url {
        Some(url) => format!("{REACHED}public_url = {}\n", quoted(url)),
        None => format!("{REACHED}# public_url = \"https://calls.example.com\"\n"),
    }
}

fn carrier(account: &Account) -> String {
    let kind = account.choice().word();
    let mut text = format!("\n[carriers.{kind}]\nkind = {}\n", quoted(kind));
    let keys: Vec<(&str, String)> = match account {
        Account::Simulated => {
            text.insert_str(1, "# The simulated telephone network: no account, and no phone rings.\n");
            Vec::new()
        }
        Account::Twilio { account_sid, auth_token } => {
            vec![("account_sid", quoted(account_sid)), ("auth_token", place(auth_token))]
        }
        Account::Telnyx { api_key, public_key, connection_id } => vec![
            ("api_key", place(api_key)),
            ("public_key", quoted(public_key)),
            ("connection_id", quoted(connection_id)),
        ],
        Account::Plivo { auth_id, auth_token } => {
            vec![("auth_id", quoted(auth_id)), ("auth_token", place(auth_token))]
        }
    };
    for (key, value) in keys {
        let _ = writeln!(text, "{key} = {value}");
    }
    text
}

fn number(answers: &Answers) -> String {
    let kind = answers.account.choice();
    let mut text = format!(
        "\n# Your number. The first one is called from, unless a call names another.\n[numbers.{}]\ncarrier = {}\n",
        quoted(&answers.number),
        quoted(kind.word())
    );
    text += match &answers.welcome {
        Welcome::Nobody => {
            "# Whose calls are answered: nobody's. Everybody's is \"open\", and there may be a list:\n\
            # inbound = [\"+12025550143\", \"+4420*\"]\ninbound = \"deny\"\n"
        }
        Welcome::Greeting(_) | Welcome::Agent { .. } => {
            "# Whose calls are answered: everybody's. Nobody's is \"deny\", and there may be a list:\n\
            # inbound = [\"+12025550143\", \"+4420*\"]\ninbound = \"open\"\n"
        }
    };
    match &answers.welcome {
        Welcome::Nobody => {}
        Welcome::Greeting(greeting) => {
            let _ = write!(
                text,
                "# What they hear, before the line is closed.\ngreeting = {}\n",
                quoted(greeting)
            );
        }
        Welcome::Agent { greeting, .. } => {
            let greeting = quoted(greeting);
            let _ = write!(
                text,
                "# What they hear first, and who talks with them then.\ngreeting = {greeting}\nagent = \"assistant\"\n"
            );
        }
    }
    if kind == CarrierChoice::Simulated {
        text += "\n# Have somebody call it: offhook sim call --from +15550110006 --to ";
        text += &answers.number;
        text += "\n";
    }
    text
}

fn model(model: &Model) -> String {
    let Model { base_url, name, api_key, prompt } = model;
    let mut text = format!(
        "\n# The language model that talks. docs/agents.md has its tools, its voice, and other kinds of agents.\n\
         [agents.assistant]\nkind = \"llm\"\nbase_url = {}\nmodel = {}\n",
        quoted(base_url),
        quoted(name)
    );
    if let Some(key) = api_key {
        let _ = writeln!(text, "api_key = {}", place(key));
    }
    let _ = write!(text, "# Who it is and what it is for.\nprompt = {}\n", quoted(prompt));
    text
}

fn place(secret: &SecretPlace) -> String {
    match secret {
        SecretPlace::Variable(name) => format!("{{ env = {} }}", quoted(name)),
        SecretPlace::File(path) => format!("{{ file = {} }}", quoted(path)),
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Nobody but the owner: it names where secrets are, and one may be written into it later.
const OWNER_ONLY: u32 = 0o600;

const HEAD: &str = "\
# What this gateway is, whose numbers it has, and who answers them. Every other setting, with its
# default and what it means: offhook config --default
# 'offhook doctor' looks for what is wrong here, and 'offhook reload' has a running gateway read it anew.

# The address on which the gateway serves its API and hears webhooks.
listen = \"127.0.0.1:4060\"

";

const REACHED: &str = "\
# The https address under which the carrier reaches it, through a proxy or a tunnel. 'offhook tunnel'
# finds one and writes it here.
";

const TAIL: &str = "
[calls]
# How many calls may be live at once; more wait in a queue.
live_max = 10
# How long a call may last, after which it is hung up.
duration_max = \"10m\"
# Which countries may be called. Without it those of your own numbers.
# destinations = [\"US\", \"CA\"]
";

#[cfg(test)]
mod tests {
    use super::super::answers::{Account, Answers, Model, SecretPlace, Welcome};
    use super::{create, text};
    use crate::config::{Config, Environment};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_written_is_a_configuration_without_fault_whatever_was_answered() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("token"), "t").expect("a file can be written");
        let variable = || SecretPlace::Variable("SOME_TOKEN".to_owned());
        let accounts = [
            Account::Simulated,
            Account::Twilio { account_sid: "AC1".to_owned(), auth_token: variable() },
            Account::Telnyx {
                api_key: SecretPlace::File("token".to_owned()),
                public_key: network::DEFAULT_TELNYX_PUBLIC_KEY.to_owned(),
                connection_id: "1".to_owned(),
            },
            Account::Plivo { auth_id: "MA1".to_owned(), auth_token: variable() },
        ];
        let agent = |api_key| Model {
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            name: "llama \"3\"".to_owned(),
            api_key,
            prompt: "Two\nlines, and a \\.".to_owned(),
        };
        let welcomes = [
            Welcome::Nobody,
            Welcome::Greeting("She said \"hello\"\tand left. 'Twas # late".to_owned()),
            Welcome::Agent { greeting: "Hello?".to_owned(), agent: agent(None) },
            Welcome::Agent { greeting: "Hello?".to_owned(), agent: agent(Some(variable())) },
        ];
        let environment = Environment::new([("SOME_TOKEN", "t"), ("HOME", "/nowhere")], folder.path());
        for account in accounts {
            for (nth, welcome) in welcomes.iter().enumerate() {
                let answers = Answers {
                    account: account.clone(),
                    number: "+12025550100".to_owned(),
                    welcome: welcome.clone(),
                    public_url: Some("https://calls.example.com".to_owned()),
                };
                let path = folder.path().join(format!("{}{nth}.toml", account.choice().word()));
                create(&path, &text(&answers)).expect("it can be written");
                let loaded = Config::load(Some(&path), &environment);
                let loaded = loaded.unwrap_or_else(|faults| panic!("{faults}\n{}", text(&answers)));
                assert_eq!(loaded.config.numbers.len(), 1);
                if let Welcome::Greeting(said) = welcome {
                    assert_eq!(loaded.config.numbers["+12025550100"].greeting.as_ref(), Some(said));
                }
                let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
                let again = create(&path, "other").expect_err("nothing is overwritten");
                assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
            }
        }
    }
}
