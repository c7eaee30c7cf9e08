use super::news::{Before, redact_news};
use super::*;
use crate::call::command::{CommandId, Input, Performed, Pressed, Verb};
use crate::call::tests::commands::talking;
use crate::call::{News, Outcome, Source};
use crate::dialogue::Speaker;
use crate::time::Timestamp;
use proptest::prelude::*;

const ALL: Redaction = Redaction { cards: true, numbers: true };
const CARDS: Redaction = Redaction { cards: true, numbers: false };
const NUMBERS: Redaction = Redaction { cards: false, numbers: true };

fn home() -> PhoneNumber {
    "+12025550143".parse().expect("a number")
}

fn hidden(text: &str, what: Redaction) -> String {
    redact(text, what, &[&home()]).into_owned()
}

#[test]
fn cards_are_hidden_however_they_are_written_and_said() {
    for (text, expected) in [
        ("4111111111111111", "••••••••••••••••"),
        ("It's 4111 1111 1111 1111, thanks.", "It's •••• •••• •••• ••••, thanks."),
        ("4111-1111-1111-1111", "••••-••••-••••-••••"),
        ("3782 822463 10005", "•••• •••••• •••••"),
        ("4222222222222", "•••••••••••••"),
        ("6011, 0009, 9013, 9424.", "••••, ••••, ••••, ••••."),
        ("4111 1111 1111 1111 12 25", "•••• •••• •••• •••• 12 25"),
        (
            "four one one one one one one one one one one one one one one one",
            "•••• ••• ••• ••• ••• ••• ••• ••• ••• ••• ••• ••• ••• ••• ••• •••",
        ),
        (
            "Four double one one, 1111, uh, triple one one, 1 1 1 1",
            "•••• •••••• ••• •••, ••••, uh, •••••• ••• •••, • • • •",
        ),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "• • • • • • • • • • • • • • • •"),
        // Not a card: one digit is wrong, there are too few or too many, or it is no number.
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("411111111111", "411111111111"),
        ("41111111111111110000", "41111111111111110000"),
        ("order A4111111111111111", "order A4111111111111111"),
        ("", ""),
        ("one two three", "one two three"),
        ("It is 12:30 on 2026-11-29, room 4111.", "It is 12:30 on 2026-11-29, room 4111."),
    ] {
        assert_eq!(hidden(text, CARDS), expected);
    }
    assert_eq!(hidden("4111 1111 1111 1111", NUMBERS), "4111 1111 1111 1111");
}

#[test]
fn telephone_numbers_are_hidden_and_dates_are_not() {
    for (text, expected) in [
        ("Call +1 202 555 0143 please", "Call +• ••• ••• •••• please"),
        ("(202) 456-1414", "(•••) •••-••••"),
        ("two oh two, four five six, one four one four", "••• •• •••, •••• •••• •••, ••• •••• ••• ••••"),
        (
            "plus four four two oh seven nine four six oh nine five eight",
            "plus •••• •••• ••• •• ••••• •••• •••• ••• •• •••• •••• •••••",
        ),
        ("0044 20 7946 0958", "•••• •• •••• ••••"),
        ("+49 30 901820, room 12", "+•• •• ••••••, room 12"),
        ("on 11/29/2026", "on 11/29/2026"),
        ("2026-11-29", "2026-11-29"),
        ("order 1234567", "order 1234567"),
        ("12 plus 30", "12 plus 30"),
    ] {
        assert_eq!(hidden(text, NUMBERS), expected);
    }
    assert_eq!(hidden("+1 202 555 0143", CARDS), "+1 202 555 0143");
}

#[test]
fn keys_are_hidden_from_the_seventh_on_or_all_where_there_are_many() {
    for (keys, n_before, expected) in [
        ("1", 0, "1"),
        ("123456#", 0, "123456#"),
        ("1234567", 0, "123456•"),
        ("4111111111111112#", 0, "••••••••••••••••#"),
        ("7", 6, "•"),
        ("*", 9, "*"),
    ] {
        assert_eq!(redact_keys(keys, n_before, HIDDEN), expected, "{keys} after {n_before}");
    }
}

#[test]
fn what_is_kept_of_news_hides_what_was_said_and_pressed() {
    let call = talking();
    let mut before = Before::default();
    let mut kept = |source, news: News| redact_news(&call, (source, &news, Timestamp(0)), &mut before, ALL);
    let spoken = |text: &str| News::Spoken {
        by: Speaker::Remote,
        text: text.to_owned(),
        after_ms: None,
        waits: None,
        talk_over_ms: None,
        vendors: None,
    };
    // Over several utterances.
    assert_eq!(kept(Source::Agent, spoken("It is 4111")), spoken("It is 4111"));
    assert_eq!(kept(Source::Agent, spoken("1111")), spoken("••••"));
    assert_eq!(kept(Source::Agent, spoken("1111, 1111, that's it")), spoken("••••, ••••, that's it"));
    assert_eq!(kept(Source::Agent, spoken("12")), spoken("12"));
    let say = |text: &str| News::CommandAsked(Verb::Say { text: text.to_owned() });
    assert_eq!(kept(Source::Agent, say("4111111111111111?")), say("••••••••••••••••?"));
    assert_eq!(kept(Source::Api, say("4111111111111111?")), say("4111111111111111?"));
    let press = |digits: &str| News::CommandAsked(Verb::SendDigits { digits: digits.to_owned() });
    assert_eq!(kept(Source::Agent, press("4111111111111111#")), press("wwwwwwwwwwwwwwww#"));
    let tool =
        |text: &str| News::ToolAsked { id: "u".into(), tool: "pay".into(), arguments: text.to_owned() };
    assert_eq!(
        kept(Source::Agent, tool(r#"{"card": 4111111111111111, "n": 2, "as": "4111 1111 1111 1111"}"#)),
        tool(r#"{"card": "••••••••••••••••", "n": 2, "as": "•••• •••• •••• ••••"}"#),
    );
    let outcome = |digits: &str| News::CommandHeard {
        leg: crate::CarrierCallId::new("leg").expect("a name"),
        id: CommandId(1),
        performed: Performed::Finished(Outcome { digits: Some(digits.to_owned()), ..Outcome::default() }),
    };
    assert_eq!(kept(Source::Webhook, outcome("4111111111111112")), outcome("••••••••••••••••"));
    assert_eq!(kept(Source::Webhook, outcome("12345678")), outcome("12345678"));
    let ask = News::CommandAsked(Verb::Ask {
        text: "1".into(),
        input: Input::Any,
        timeout: std::time::Duration::ZERO,
    });
    assert_eq!(kept(Source::Agent, ask.clone()), ask);
}

#[test]
fn single_keys_that_follow_one_another_are_hidden_from_the_seventh_on() {
    let mut call = talking();
    let leg = crate::CarrierCallId::new("leg").expect("a name");
    let mut shown = String::new();
    for (n_keys, key) in "4111111111".chars().enumerate() {
        let at = Timestamp(i64::try_from(n_keys).expect("small") * 1_000);
        let news = News::DigitsHeard { leg: leg.clone(), digits: key.to_string(), event_id: None };
        let News::DigitsHeard { digits, .. } =
            redact_news(&call, (Source::Webhook, &news, at), &mut Before::default(), CARDS)
        else {
            unreachable!("it stays what it is")
        };
        shown += &digits;
        call.pressed.push(Pressed { digits: key.to_string(), at, event_id: None });
    }
    assert_eq!(shown, "411111••••");
}

fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[0-9]{1,19}",
        "(one|two|three|four|oh|double|plus|and|card|uh)",
        "[a-zé]{1,6}",
        "[+]",
        Just("4111111111111111".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("+12025550143".to_owned()),
    ];
    prop::collection::vec((word, "[ ,.\\-/]{1,2}"), 0..12)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + &gap).collect())
}

proptest! {
    #[test]
    fn what_is_hidden_stays_as_long_and_hides_no_more_the_second_time(text in texts()) {
        let once = hidden(&text, ALL);
        prop_assert_eq!(&hidden(&once, ALL), &once);
        prop_assert_eq!(once.chars().count(), text.chars().count());
        for (is, was) in once.chars().zip(text.chars()) {
            prop_assert!(is == was || is == HIDDEN && was.is_alphanumeric(), "{} of {}", once, text);
        }
    }

    #[test]
    fn no_card_is_left_where_it_stands_alone(digits in "[0-9]{12,18}", gap in "[ -]?", at in 1_usize..12) {
        let check = ('0'..='9').find(|last| is_checked(&format!("{digits}{last}"))).expect("one of ten fits");
        let text = format!("my card {}{gap}{}{check} ok", &digits[..at], &digits[at..]);
        let kept = hidden(&text, CARDS);
        prop_assert!(!kept.contains(|letter: char| letter.is_ascii_digit()), "{}", kept);
    }

    #[test]
    fn words_without_many_digits_are_left_alone(text in "[a-z ,.]{0,40}[0-9]{0,6}[a-z ,.]{0,40}") {
        prop_assume!(runs(&text).iter().all(|run| run.n_digits() < 7));
        prop_assert!(matches!(redact(&text, ALL, &[&home()]), Cow::Borrowed(_)));
    }
}
