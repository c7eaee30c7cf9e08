//! What holds whatever is asked.

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The order of the rules decides only which of several refusals is told.
    #[test]
    fn no_order_of_rules_changes_the_verdict(
        asked in asked(),
        order in Just(Rule::ALL.to_vec()).prop_shuffle(),
    ) {
        let question = asked.question();
        let refused = order.into_iter().any(|rule| stands_against(rule, &question).is_some());
        prop_assert_eq!(matches!(decide(&question), Verdict::Refused(_)), refused);
    }

    /// A refusal is of the rule that was asked, and names what would change it.
    #[test]
    fn a_refusal_names_its_rule_and_the_way_out(asked in asked()) {
        for rule in Rule::ALL {
            let Some(refused) = stands_against(rule, &asked.question()) else { continue };
            prop_assert_eq!(refused.rule(), rule);
            let told = refused.to_string();
            let changeable = !matches!(rule, Rule::Emergency | Rule::Premium);
            prop_assert_eq!(rule.changed_by().is_some_and(|way| !way.is_empty()), changeable);
            if let Some(setting) = rule.changed_by() {
                let name = setting.rsplit('.').next().unwrap();
                prop_assert!(told.contains(name), "{}: {}", setting, told);
            }
            let json = serde_json::to_value(&refused).unwrap();
            prop_assert_eq!(json["rule"].as_str(), Some(rule.word()));
            prop_assert_eq!(serde_json::from_value::<Refused>(json).unwrap(), refused);
        }
    }

    /// What refuses now and says until when, refuses until then.
    #[test]
    fn a_refusal_holds_until_it_says(asked in asked(), part in 0.0..1.0f64) {
        let question = asked.question();
        for rule in [Rule::Rejected, Rule::QuietHours] {
            let refused = stands_against(rule, &question);
            let Some(until) = refused.as_ref().and_then(Refused::not_before) else { continue };
            prop_assert!(until > question.now);
            let now = question.now + until.since(question.now).mul_f64(part);
            let still = stands_against(rule, &Question { now, ..question }).is_some();
            prop_assert!(now >= until || still);
            let then = Question { now: until, ..question };
            prop_assert!(stands_against(rule, &then).is_none(), "{refused:?}");
        }
    }

    /// Neither rules nor words make an emergency number, or what looks like one, a number to dial.
    #[test]
    fn an_emergency_number_never_passes(
        short in prop_oneof!["[0-9]{1,6}", "\\+?(1|44|49|61|33)?(911|112|999|110|000|15|116117)", "[ ().-]*911[ ().-]*"],
        asked in asked(),
    ) {
        prop_assume!(!short.starts_with('+') || short.len() <= 6);
        let to = Party::read(&short);
        let question = Question { to: &to, ..asked.question() };
        prop_assert!(matches!(decide(&question), Verdict::Refused(Refused::Emergency { .. })), "{}", short);
    }

    /// More calls, more minutes, an entry, a rejection or a pause never open the gate.
    #[test]
    fn what_is_known_only_ever_closes(asked in asked(), more in known()) {
        let question = asked.question();
        let mut minutes = asked.known.minutes.clone();
        for (carrier, n_minutes) in &more.minutes {
            *minutes.entry(carrier.clone()).or_default() += n_minutes;
        }
        let known = Known {
            paused: asked.known.paused.clone().or(more.paused),
            listed: asked.known.listed.clone().or(more.listed),
            attempts_hour: asked.known.attempts_hour + more.attempts_hour,
            attempts_day: asked.known.attempts_day + more.attempts_day,
            rejected_at: asked.known.rejected_at.max(more.rejected_at),
            minutes,
        };
        if matches!(decide(&question), Verdict::Refused(_)) {
            let after = decide(&Question { known: &known, ..question });
            prop_assert!(matches!(after, Verdict::Refused(_)));
        }
    }
}

#[test]
fn no_refusal_shows_a_whole_number_in_a_log() {
    let (to, known) = (Party::read("+442079460123"), Known { attempts_hour: 9, ..Known::default() });
    let question = Question { to: &to, now: at(NOON), rules: &rules(), known: &known };
    let Verdict::Refused(refused) = decide(&question) else { panic!("it was called nine times") };
    assert!(refused.to_string().contains("+442079460123"));
    let logged = format!("{refused:?}");
    assert!(!logged.contains("2079460123") && logged.contains("was called 9 times"), "{logged}");
}

/// Whatever the pause is, it is told in whole hours, minutes or seconds, the largest that fits.
#[test]
fn a_pause_is_told_as_people_say_it() {
    let (to, known) =
        (Party::read("+442079460123"), Known { rejected_at: Some(at(NOON)), ..Known::default() });
    for (seconds, told) in
        [(86_400, " 24 h;"), (5_400, " 90 min;"), (60, " 1 min;"), (3_601, " 3601 s;"), (9, " 9 s;")]
    {
        let rules = Rules { rejected_pause: Duration::from_secs(seconds), ..rules() };
        let question = Question { to: &to, now: at(NOON), rules: &rules, known: &known };
        let refused = stands_against(Rule::Rejected, &question).unwrap().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}

#[derive(Clone, Debug)]
struct Asked {
    to: Party,
    now: Timestamp,
    rules: Rules,
    known: Known,
}

impl Asked {
    fn question(&self) -> Question<'_> {
        Question { to: &self.to, now: self.now, rules: &self.rules, known: &self.known }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let to = prop::sample::select(vec![
        "+12125550123",
        "+18005550123",
        "+442079460123",
        "+34911234567",
        "+861069445464",
        "+19005550123",
        "911",
    ]);
    let minute = 0..(400 * 1440i64);
    (to, minute, any_rules(), known()).prop_map(|(to, minute, rules, known)| Asked {
        to: Party::read(to),
        now: at("2026-01-01T00:00:00Z") + Duration::from_secs(minute.unsigned_abs() * 60),
        rules,
        known,
    })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let hours = prop::option::of(prop::sample::select(vec!["21:00-08:00", "12:00-13:00", "00:00-23:59"]));
    (any::<bool>(), hours, any::<bool>(), 0..4u64, 0..4u64, 0..3u64).prop_map(
        |(everywhere, hours, all, per_hour, per_day, rest)| Rules {
            destinations: if everywhere { Destinations::Everywhere } else { rules().destinations },
            quiet: hours.map(|hours| hours.parse().unwrap()),
            several: if all { Several::All } else { Several::Any },
            attempts_per_hour: per_hour,
            attempts_per_day: per_day,
            rejected_pause: Duration::from_secs(rest * 3600),
            minutes_per_day: everywhere.then_some(60),
            ..rules()
        },
    )
}

fn known() -> impl Strategy<Value = Known> {
    let sometimes = || prop::bool::weighted(0.1);
    let ago = prop::option::weighted(0.2, 0..400 * 1440i64);
    (sometimes(), sometimes(), 0..4u64, 0..4u64, ago, 0..80u64, 0..6u64).prop_map(
        |(is_paused, is_listed, hour, day, ago, main, dear)| Known {
            paused: is_paused.then(|| "by hand".to_owned()),
            listed: is_listed.then(|| listed(ListedBy::Api, "")),
            attempts_hour: hour,
            attempts_day: day,
            rejected_at: ago
                .map(|minute| at("2026-01-01T00:00:00Z") + Duration::from_secs(minute.unsigned_abs() * 60)),
            ..minutes(main, dear)
        },
    )
}
