//! A person is forgotten: their number and what was said are in no row, and in no byte of a file.

use crate::lives::{asked, at, ended, event, facts, hear, id, leg, offered, progressed};
use call::call::{CommandId, CommandReply, Direction, Facts, Input, Outcome, Performed, Progress, Verb};
use call::{News, Party, PhoneNumber};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::sqlite::{ForgetError, SqliteHistory, SqliteStore};
use store::{CallQuery, History, KeyUse, Page, Store, StoreError};
use tempfile::TempDir;

const PERSON: &str = "+12025550199";
const DIGITS: &[u8] = b"12025550199";
const SECRETS: [&str; 6] = ["pancreas", "4711#", "forty-two", "9981", "hush.mp3", "is unverified"];

fn person() -> PhoneNumber {
    PERSON.parse().unwrap()
}

/// A call from the person in which much was said, and one of somebody else put through to them.
fn talked() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    store.turn(&mut |page| talk(page)).unwrap();
    (folder, path)
}

fn talk(page: &mut dyn Page) -> Result<(), StoreError> {
    let theirs = Facts {
        direction: Direction::Inbound,
        from: Party::read(PERSON),
        to: crate::lives::us(),
        say: Some("your pancreas is ready".to_owned()),
        hold: true,
        ..facts(1, at(0))
    };
    hear(page, 1, &event(0, News::Offered(Box::new(theirs), leg(1))))?;
    hear(page, 1, &event(1, News::AnswerRequested))?;
    hear(page, 1, &progressed(2, leg(1), Progress::InProgress))?;
    let ask = Verb::Ask {
        text: "How is the pancreas?".to_owned(),
        input: Input::Speech,
        timeout: Duration::from_secs(5),
    };
    let play = Verb::Play { url: "https://x.example/hush.mp3".to_owned(), lasts: Duration::from_secs(1) };
    for verb in [ask, Verb::SendDigits { digits: "4711#".to_owned() }, play] {
        hear(page, 1, &event(3, News::CommandAsked(verb)))?;
    }
    hear(
        page,
        1,
        &event(4, News::CommandReplied { id: CommandId(1), reply: CommandReply::Taken { lasts: None } }),
    )?;
    let outcome = Outcome { speech: Some("forty-two".to_owned()), ..Outcome::default() };
    let heard = News::CommandHeard { leg: leg(1), id: CommandId(1), performed: Performed::Finished(outcome) };
    hear(page, 1, &event(5, heard))?;
    let pressed = News::DigitsHeard { leg: leg(1), digits: "9981".to_owned(), event_id: None };
    hear(page, 1, &event(6, pressed))?;
    let reason = format!("{PERSON} is unverified");
    let refused = CommandReply::Refused { code: "1".to_owned(), reason };
    hear(page, 1, &event(7, News::CommandReplied { id: CommandId(2), reply: refused }))?;
    hear(page, 1, &ended(9, leg(1)))?;

    hear(page, 2, &offered(2, 0, leg(2)))?;
    hear(page, 2, &event(1, News::AnswerRequested))?;
    hear(page, 2, &progressed(2, leg(2), Progress::InProgress))?;
    let through = Verb::Transfer { to: person() };
    hear(page, 2, &event(3, News::CommandAsked(through)))?;
    let word = News::Unread { leg: leg(2), what: format!("dialled-{PERSON}") };
    hear(page, 2, &event(4, word))?;
    hear(page, 2, &ended(9, leg(2)))?;

    let used = |n| KeyUse { call: id(n), digest: "digest".to_owned() };
    page.keep_key("order-1", &used(1), at(0))?;
    page.keep_key(&format!("call-{PERSON}"), &used(1), at(0))?;
    page.keep_key("order-2", &used(2), at(0))?;
    page.set_setting("paused", Some(&format!("{PERSON} complained")))
}

/// The bytes of every file of the store.
fn bytes(path: &Path) -> Vec<u8> {
    let folder = fs::read_dir(path.parent().unwrap()).unwrap();
    folder.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn who_is_forgotten_is_in_no_byte_of_a_file() {
    let (_folder, path) = talked();
    // Many others, so that pages were split and stale copies lie about; some of them pruned.
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    for n in 10..600 {
        store.turn(&mut |page| hear(page, n, &asked(n, 0))).unwrap();
    }
    let before = bytes(&path);
    assert!(has(&before, DIGITS) && SECRETS.iter().all(|secret| has(&before, secret.as_bytes())));

    let forgotten = store.forget(&person()).unwrap();

    assert_eq!((forgotten.calls, forgotten.keys), (1, 1));
    assert!(forgotten.mentions >= 4, "{forgotten:?}");
    for after in [bytes(&path), {
        drop(store);
        bytes(&path)
    }] {
        assert!(!has(&after, DIGITS) && !has(&after, b"2025550199"));
        for secret in SECRETS {
            assert!(!has(&after, secret.as_bytes()), "{secret}");
        }
    }
}

#[test]
fn what_is_left_can_be_read_counted_and_rebuilt() {
    let (_folder, path) = talked();
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    store.forget(&person()).unwrap();

    let mut history = SqliteHistory::open(&path).unwrap();
    let calls = history.calls(&CallQuery { limit: 9, ..CallQuery::default() }).unwrap();
    let (others, theirs) = (&calls[0].call, &calls[1].call);
    let token = theirs.facts.from.as_str().to_owned();
    assert!(token.starts_with("forgotten-") && token.len() == 26, "{token}");
    assert_eq!(theirs.facts.to, crate::lives::us());
    assert_eq!(theirs.facts.say.as_deref(), Some("·".repeat(22).as_str()));
    assert_eq!(theirs.commands.len(), 4, "the greeting, and what was asked");
    assert_eq!(others.facts.say.as_deref(), Some("Your table is booked."), "what others were told stays");
    let is_nobody = |to: &PhoneNumber| to.as_str() == "+12000000000";
    let through = |verb: &Verb| matches!(verb, Verb::Transfer { to } if is_nobody(to));
    assert!(others.commands.iter().any(|command| through(&command.verb)), "{:?}", others.commands);
    assert_eq!(history.events(id(1), 0, 99).unwrap().len(), 11);
    assert_eq!(history.verify_log().unwrap(), []);
    store
        .turn(&mut |page| {
            assert_eq!(page.key_use("order-1")?.unwrap().digest, "forgotten", "a repeat rings nobody");
            assert_eq!(page.key_use("order-2")?.unwrap().digest, "digest");
            assert_eq!(page.setting("paused")?.unwrap(), format!("+{token} complained"));
            Ok(())
        })
        .unwrap();
    assert_eq!(store.forget(&person()).unwrap().calls, 0, "it may be said again");
}

#[test]
fn nobody_is_forgotten_while_a_call_with_them_is_not_over() {
    let (_folder, path) = talked();
    let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
    let ring = Facts { to: Party::read(PERSON), ..facts(5, at(0)) };
    store.turn(&mut |page| hear(page, 5, &event(0, News::Asked(Box::new(ring.clone()))))).unwrap();
    let refused = store.forget(&person()).unwrap_err();
    assert!(
        matches!(&refused, ForgetError::Lives { n_calls: 1, state, .. } if state == "queued"),
        "{refused}"
    );
    let own = store.forget(&"+12025550100".parse().unwrap()).unwrap_err();
    assert!(matches!(own, ForgetError::Own), "{own}");
    drop(store);
    assert!(has(&bytes(&path), DIGITS), "nothing was changed");
}
