#![allow(clippy::unwrap_used)]
use super::*;

fn check(text: &str, expected: &str) {
    let shown = match text.parse::<PhoneNumber>() {
        Ok(number) => format!("{number} {} {:?}", number.country().unwrap_or_default(), number.kind()),
        Err(error) => format!("{error:?}").split('(').next().unwrap().to_owned(),
    };
    assert_eq!(shown, expected, "{text:?}");
}

#[test]
fn numbers_are_told_from_other_texts() {
    check("+12025550143", "+12025550143 US Ordinary");
    check(" +1 (202) 555-0143 ", "+12025550143 US Ordinary");
    check("+442079460123", "+442079460123 GB Ordinary");
    check("+4930901820", "+4930901820 DE Ordinary");
    check("+390612345678", "+390612345678 IT Ordinary");
    check("", "NotE164");
    check("anonymous", "NotE164");
    check("+1202555014a", "NotE164");
    check("5", "NotE164");
    check("00442079460123", "NotE164");
    check("+1234567890123456", "NotE164");
    check("+999123456789", "UnknownCountry");
    check("+1202555014", "WrongLength");
    check("+120255501434", "WrongLength");
    check("+12025550", "WrongLength");
    check("+442079460123456", "WrongLength");
    check("+4420794601", "WrongLength");
}

#[test]
fn a_number_has_up_to_fifteen_digits() {
    check("+491234567890123", "+491234567890123 DE Ordinary");
    check("+4912345678901234", "NotE164");
}

#[test]
fn a_range_that_no_table_knows_is_left_to_the_carrier() {
    check("+446666666666", "+446666666666 GB Ordinary");
    check("+15550100001", "+15550100001 US Ordinary");
}

#[test]
fn emergency_and_short_numbers_are_no_numbers_to_dial() {
    for text in ["911", "+911", "112", "+112", "999", "110", "15", "000", "091", "+1911", "116117", "0"] {
        check(text, "Emergency");
    }
    // A service number behind an area code; what has ten digits is a subscriber's, however it ends.
    check("+1202911", "Emergency");
    check("+120255511", "Emergency");
    check("+12025550111", "+12025550111 US Ordinary");
    check("+1202555012", "WrongLength");
    check("+4420794611", "WrongLength");
}

#[test]
fn a_national_number_is_told_from_a_short_one() {
    for text in ["0155", "0 30 901820", "2025550143", "(020) 7946-0123", "5550143"] {
        check(text, "National");
    }
    let said = "0155".parse::<PhoneNumber>().unwrap_err().to_string();
    assert!(said.contains("with + and the country code"), "{said}");
}

#[test]
fn premium_numbers_are_known_as_such() {
    check("+19005550123", "+19005550123 US Premium");
    check("+449098790000", "+449098790000 GB Premium");
    check("+499001234567", "+499001234567 DE Premium");
}

#[test]
fn a_number_in_a_log_is_masked() {
    let number: PhoneNumber = "+12025550143".parse().unwrap();
    assert_eq!(format!("{number:?} {:?}", Party::Number(number.clone())), "+1…43 +1…43");
    assert_eq!((masked("+1234"), masked("+12345")), ("…".to_owned(), "+1…45".to_owned()));
}

#[test]
fn a_party_reads_back_as_what_it_was() {
    for text in [
        "+12025550143",
        "+15550100001",
        "anonymous",
        "",
        "911",
        "sip:a@b",
        "+12",
        "+999123456789",
        "=",
        "=+1",
    ] {
        let party = Party::read(text);
        assert_eq!(Party::from(String::from(party.clone())), party, "{text:?}");
    }
}

#[test]
fn what_nobody_takes_for_a_number_is_kept_as_it_was_told() {
    for text in ["anonymous", "", "911", "sip:a@b", "+12"] {
        assert_eq!(String::from(Party::read(text)), text);
    }
    assert_ne!(String::from(Party::read("+999123456789")), "+999123456789");
}

#[test]
fn a_number_is_kept_as_it_is_written() {
    let number: PhoneNumber = "+1 202 555 0143".parse().unwrap();
    assert_eq!(serde_json::to_string(&number).unwrap(), "\"+12025550143\"");
    assert_eq!(serde_json::from_str::<PhoneNumber>("\"+12025550143\"").unwrap(), number);
    assert!(serde_json::from_str::<PhoneNumber>("\"911\"").is_err());
}

#[test]
fn a_number_within_a_text_is_masked() {
    let said = "The 'To' number +12025550143 is not valid (21211), nor is 2025550143";
    assert_eq!(without_numbers(said), "The 'To' number +1…43 is not valid (21211), nor is 20…43");
    assert_eq!(without_numbers("duration_max"), "duration_max");
    assert_eq!(without_numbers("+1"), "+1");
}

#[test]
fn what_a_carrier_tells_is_a_number_by_its_shape() {
    for text in ["+12025550143", "+999123456789"] {
        assert!(Party::told(text).number().is_some_and(|number| number.as_str() == text), "{text}");
    }
    for text in ["anonymous", "911", "12025550143", "+1202", "sip:ada@example.com", ""] {
        assert_eq!(Party::told(text), Party::Other(text.to_owned()));
    }
}
