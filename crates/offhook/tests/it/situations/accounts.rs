//! Credentials that are changed, accounts that are another one's, numbers that moved: a call is asked
//! about where it was placed, by whoever may ask, and not one is ended by the configuration.

use crate::world::{
    ACCOUNT, Face, Line, OURS, PLIVO_AUTH_ID, SOON, TELNYX_CONNECTION, World, wait_until, word,
};

on_every_carrier!(
    refused_credentials_move_no_call_and_webhooks_are_still_heard,
    a_call_stays_with_its_carrier_when_its_number_moves,
    a_call_of_another_account_is_kept_and_nobody_is_asked,
);

fn refused_credentials_move_no_call_and_webhooks_are_still_heard(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let (first, second) = (world.talker(1), world.talker(2));
    let ids = [&first, &second].map(|to| world.dial(to));
    for id in &ids {
        world.wait_for_talk(id);
    }
    let before = ids.each_ref().map(|id| word(&world.call(id), "state").to_owned());
    world.kill_dash_nine();
    world.write_settings(&rotated(face));

    world.start_gateway();

    wait_until("health says why", SOON, || world.health().1.contains("unauthorized"));
    assert_eq!(ids.each_ref().map(|id| word(&world.call(id), "state").to_owned()), before);
    world.remote_hangs_up(word(&world.only_truth_to(&first), "id"));
    let ended = world.wait_for_end(&ids[0]);
    assert_eq!(word(&ended["ending"], "confirmed_by"), "webhook", "{ended}");
    world.kill_dash_nine();
    world.write_settings("");
    world.start_gateway();
    assert_eq!(word(&world.recovered(&ids[1]), "decision"), "kept");
    assert_eq!(word(&world.call(&ids[1]), "state"), "in_progress");
    assert_eq!(world.only_truth_to(&second)["hangups"], 0);
}

/// A secret that the carrier doesn't know yet; its webhooks are signed as they were.
fn rotated(face: Face) -> String {
    let secret = face.secret();
    if face == Face::Telnyx {
        return "carriers.line.api_key = 'KEYofTomorrow'".to_owned();
    }
    format!("carriers.line.auth_token = 'of tomorrow'\ncarriers.line.auth_token_previous = '{secret}'")
}

fn a_call_stays_with_its_carrier_when_its_number_moves(face: Face) {
    let mut world = World::without_gateway(Line::On(face), "");
    let second = face.next().section("second", world.network);
    world.write_settings(&second);
    world.start_gateway();
    let (stays, ends) = (world.talker(1), world.talker(2));
    let ids = [&stays, &ends].map(|to| world.dial(to));
    for id in &ids {
        world.wait_for_talk(id);
    }
    world.kill_dash_nine();
    world.remote_hangs_up(word(&world.only_truth_to(&ends), "id"));
    world.write_settings(&format!("{second}\nnumbers.'{OURS}'.carrier = 'second'"));

    world.start_gateway();

    assert_eq!(word(&world.recovered(&ids[0]), "decision"), "kept");
    let ended = world.wait_for_end(&ids[1]);
    assert_eq!((word(&ended["ending"], "kind"), word(&ended, "carrier")), ("completed", "line"), "{ended}");
    let third = world.talker(3);
    assert_eq!(word(&world.wait_for_talk(&world.dial(&third)), "carrier"), "second");
    assert_eq!(word(&world.only_truth_to(&third), "carrier"), face.next().name());
    world.hang_up(&ids[0]);
    assert_eq!(word(&world.wait_for_end(&ids[0])["ending"], "by"), "agent");
    assert_eq!(world.only_truth_to(&stays)["ended_by"], "api");
}

/// The section has the same name and speaks for somebody else.
fn a_call_of_another_account_is_kept_and_nobody_is_asked(face: Face) {
    let mut world = World::start(Line::On(face), "calls.live_max = 1");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.kill_dash_nine();
    let another = match face {
        Face::Twilio => format!("account_sid = '{}'", ACCOUNT.replace("01", "09")),
        Face::Telnyx => format!("connection_id = '{}'", TELNYX_CONNECTION.replace('4', "9")),
        Face::Plivo => format!("auth_id = '{}'", PLIVO_AUTH_ID.replace("00", "09")),
    };
    world.write_settings(&format!("calls.live_max = 1\ncarriers.line.{another}"));
    let n_before = world.n_requests(face.looks());

    world.start_gateway();

    wait_until("health says why", SOON, || world.health().1.contains("not_configured"));
    world.hang_up(&id);
    assert_eq!(word(&world.place(&world.talker(2)), "waits_for"), "slot", "it keeps its place");
    assert_eq!(word(&world.call(&id), "state"), "hanging_up");
    assert_eq!(world.n_requests(face.looks()), n_before, "nobody can be asked");
    assert_eq!(world.n_requests(face.hang_ups()), 0, "nor told");
    world.kill_dash_nine();
    world.write_settings("calls.live_max = 1");
    world.start_gateway();
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "by"), "agent");
    assert_eq!(world.only_truth_to(&to)["ended_by"], "api");
}
