//! The reference of all settings: `config.default.toml`, compiled in, and held against the structs.

/// Every setting with its default, its unit and a sentence; what has no default is commented out.
pub(crate) const DEFAULT_FILE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.default.toml"));

#[cfg(test)]
pub(crate) mod tests {
    use super::DEFAULT_FILE;
    use crate::config::{Config, Environment, Loaded, print_in_force};

    /// The file says what the structs say: each key it sets exists and has this default.
    #[test]
    fn the_default_file_is_the_built_in_default() {
        assert_eq!(settings(&load(Some(DEFAULT_FILE))), settings(&load(None)));
    }

    /// Each key that it shows commented out exists too, and no key is missing from it.
    #[test]
    fn the_default_file_with_its_examples_sets_every_setting() {
        let printed = print_in_force(&load(Some(&uncommented())));
        let unset: Vec<&str> = printed.lines().filter(|line| line.contains("is not set")).collect();
        assert!(unset.is_empty(), "not in config.default.toml: {unset:#?}");
        let unwritten: Vec<&str> =
            printed.lines().filter(|line| line.contains(" = ") && !line.contains("  # ")).collect();
        assert!(unwritten.is_empty(), "not in config.default.toml: {unwritten:#?}");
    }

    /// What is commented out and has a default all the same shows that default.
    #[test]
    fn the_examples_of_an_account_show_its_defaults() {
        let shown = settings(&load(Some(&uncommented())));
        for least in [
            "[carriers.twilio]\nkind = \"twilio\"\nauth_token = \"x\"\n\
             account_sid = \"AC00000000000000000000000000000000\"\n",
            "[carriers.telnyx]\nkind = \"telnyx\"\napi_key = \"x\"\n\
             public_key = \"BAU34taZcqZNBv0kLqrYAJaYkqnp10kf/wClUwIWa2s=\"\n\
             connection_id = \"1000000000000000000\"\n",
            "public_url = \"https://calls.example.com\"\n[carriers.plivo]\nkind = \"plivo\"\n\
             auth_token = \"x\"\nauth_id = \"MA000000000000000000\"\n",
        ] {
            for setting in settings(&load(Some(least))) {
                assert!(shown.contains(&setting), "config.default.toml has another {setting}");
            }
        }
    }

    /// The variables of the environment that examples name, here and in the documentation, and what may be in
    /// each.
    pub(crate) const SECRETS: [(&str, &str); 10] = [
        ("TWILIO_AUTH_TOKEN", "x"),
        ("TELNYX_API_KEY", "x"),
        ("PLIVO_AUTH_TOKEN", "x"),
        ("OPENAI_API_KEY", "x"),
        ("DEEPGRAM_API_KEY", "x"),
        ("GROQ_API_KEY", "x"),
        ("ELEVENLABS_API_KEY", "x"),
        ("HOTEL_TOKEN", "x"),
        ("NOTICES_SECRET", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("NOTICES_SECRET_PREVIOUS", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ];

    /// The lines that set something, each with its section, without where it was written.
    fn settings(loaded: &Loaded) -> Vec<String> {
        let mut section = String::new();
        let mut settings = Vec::new();
        for line in print_in_force(loaded).lines() {
            let line = line.split("  # ").next().unwrap_or_default();
            if line.starts_with('[') {
                line.clone_into(&mut section);
            } else if line.contains(" = ") {
                settings.push(format!("{section} {line}"));
            }
        }
        settings
    }

    /// The file with all its examples in force.
    fn uncommented() -> String {
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || is_setting(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        let all: String = DEFAULT_FILE.lines().map(line).collect();
        let sections = all.split_inclusive("\n[");
        sections.filter(|section| !needs_more(section)).collect()
    }

    /// Whether an example is of what this offhook was built without.
    pub(crate) fn needs_more(example: &str) -> bool {
        let local = ["kind = \"whisper\"", "kind = \"piper\""];
        cfg!(not(feature = "local-speech")) && local.iter().any(|kind| example.contains(kind))
    }

    fn is_setting(line: &str) -> bool {
        let key = line.split(" = ").next().unwrap_or_default();
        let bare = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        key.len() < line.len() && key.chars().all(bare)
    }

    fn load(text: Option<&str>) -> Loaded {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let variables = SECRETS.into_iter().chain([("HOME", "/home/ada")]);
        let environment = Environment::new(variables, folder.path());
        if let Some(text) = text {
            std::fs::write(folder.path().join("offhook.toml"), text).expect("the file is written");
        }
        Config::load(None, &environment).unwrap_or_else(|faults| panic!("{faults}"))
    }
}
