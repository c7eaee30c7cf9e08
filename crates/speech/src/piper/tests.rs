use super::*;

fn described(more: &str) -> Vec<u8> {
    let ids = r#"{"_": [0], "^": [1], "$": [2], " ": [3], ",": [8], ".": [10], "a": [14], "b": [15, 16]}"#;
    format!(
        r#"{{"audio": {{"sample_rate": 22050}}, "espeak": {{"voice": "en-us"}}, {more}
            "inference": {{"noise_scale": 0.5, "length_scale": 1.2, "noise_w": 0.7}}, "phoneme_id_map": {ids}}}"#
    )
    .into_bytes()
}

#[test]
fn a_description_is_read() {
    let voice = Voice::read(&described("")).unwrap();
    assert_eq!(voice.rate, SampleRate::Hz22050);
    assert_eq!(voice.language, "en-us");
    assert_eq!((voice.noise_scale, voice.length_scale, voice.noise_w), (0.5, 1.2, 0.7));
    assert_eq!(voice.speaker(None), Ok(None));
}

#[test]
fn a_description_of_another_kind_is_refused() {
    for (json, why) in [
        ("{}", "missing field `audio`"),
        (r#"{"audio": {"sample_rate": 11025}, "espeak": {"voice": "en"}, "phoneme_id_map": {}}"#, "11025 Hz"),
        (
            r#"{"audio": {"sample_rate": 16000}, "espeak": {"voice": "en"}, "phoneme_id_map": {}}"#,
            "lacks '^'",
        ),
        (
            r#"{"audio": {"sample_rate": 16000}, "espeak": {"voice": "ar"}, "phoneme_type": "text", "phoneme_id_map": {}}"#,
            "of the kind \"text\"",
        ),
    ] {
        let refused = Voice::read(json.as_bytes()).unwrap_err();
        assert!(refused.contains(why), "{json}: {refused}");
    }
}

#[test]
fn who_speaks_has_a_name_or_a_number() {
    let several = r#""num_speakers": 3, "speaker_id_map": {"ada": 2, "bob": 0},"#;
    let voice = Voice::read(&described(several)).unwrap();
    assert_eq!(voice.speaker(None), Ok(Some(0)));
    assert_eq!(voice.speaker(Some("ada")), Ok(Some(2)));
    assert_eq!(voice.speaker(Some("1")), Ok(Some(1)));
    let no_such = "it has no speaker \"eve\"; it has 3, by number from 0, or ada, bob";
    assert_eq!(voice.speaker(Some("eve")), Err(no_such.to_owned()));
    assert!(voice.speaker(Some("3")).is_err());
    assert!(Voice::read(&described("")).unwrap().speaker(Some("ada")).is_err());
}

#[test]
fn phonemes_are_read_with_a_pad_behind_each() {
    let voice = Voice::read(&described("")).unwrap();
    assert_eq!(voice.ids("ab, a."), [1, 0, 14, 0, 15, 16, 0, 8, 0, 3, 0, 14, 0, 10, 0, 2]);
    assert_eq!(voice.ids("aɸ"), [1, 0, 14, 0, 2]);
}

#[test]
fn a_text_is_cut_where_one_breathes() {
    for (text, expected) in [
        ("Hello.", vec![vec![("Hello", '.')]]),
        ("Hello", vec![vec![("Hello", '.')]]),
        ("Well, yes! No?", vec![vec![("Well", ','), ("yes", '!')], vec![("No", '?')]]),
        ("At 10:30, 3.50 each; a.b.c", vec![vec![("At 10:30", ','), ("3.50 each", ';'), ("a.b.c", '.')]]),
        ("He said \"no.\" Then...", vec![vec![("He said \"no", '.')], vec![("\" Then..", '.')]]),
        (" . ,", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(sentences(text), expected, "{text}");
    }
}

#[test]
fn marks_are_put_back_and_notes_are_left_out() {
    let clauses = [("həlˈoʊ\n", ','), ("bɔ̃ʒˈuʁ (en)wiːkˈɛnd(fr)\n ɔ\n", '?'), ("\n", '.')];
    assert_eq!(joined(clauses), "həlˈoʊ, bɔ̃ʒˈuʁ wiːkˈɛnd ɔ?");
}
