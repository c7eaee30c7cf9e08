//! `offhook demo`: a gateway dies in the middle of calls, the world goes on, and it comes back
//! knowing the truth. Real processes, real sockets, a real `kill -9`; what is counted at the end
//! is counted from the network's own truth.

mod agent;
mod people;
mod picture;
mod play;
mod promises;
mod stage;
mod talk;
mod tape;

use crate::cli::Exit;
use crate::cli::args::{DemoArgs, DemoCarrier};
use crate::cli::terminal::Terminal;
use agent::Agent;
use anyhow::Context as _;
use people::Face;
use picture::Screen;
use play::{Played, seconds};
use promises::Promises;
use serde_json::{Value, json};
use stage::Stage;
use std::time::Duration;

/// Plays the demo, with all carriers one after the other if that was asked for. Whatever happens,
/// nothing of it is left running, and nothing on disk unless that was asked for.
///
/// # Errors
/// It could not be played, in words.
pub(crate) fn run(args: &DemoArgs, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut screen = Screen::new(terminal, args.json);
        let mut played = Vec::new();
        for face in Face::asked(args.carrier) {
            let Some(one) = play_one(*face, args, &mut screen).await? else {
                screen.remark("stopped; nothing of the demo is left running");
                return Ok(Exit::Interrupted);
            };
            played.push(one);
        }
        let shows = Shows { carrier: args.carrier, played };
        if args.json {
            println!("{:#}", shows.as_json());
        } else {
            screen.last(&shows);
        }
        Ok(if shows.hold() { Exit::Done } else { Exit::Failed })
    })
}

/// Plays it once. `None` if somebody stopped it.
async fn play_one(face: Face, args: &DemoArgs, screen: &mut Screen) -> anyhow::Result<Option<Played>> {
    if let Some(folder) = &args.record {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut agent = Agent::start(talk::ANSWERS).await?;
    let mut stage = Stage::build(args.keep, face, &agent.url)?;
    let played = tokio::select! {
        played = play::play(&mut stage, &mut agent, screen) => Some(played),
        () = crate::serve::told_to_stop(false) => None,
    };
    stage.strike();
    if args.keep {
        screen.remark(&format!("kept: {}", stage.folder().display()));
    }
    if let Some(folder) = &args.record {
        let path = folder.join(format!("conversation-{}.wav", face.word()));
        agent.tape().write(&path)?;
        screen.remark(&format!(
            "recorded: {} (left the caller, right the agent; they speak in tones that carry text)",
            path.display()
        ));
    }
    played.transpose().map_err(|error| stage.explain(error))
}

/// All plays of one demo.
struct Shows {
    carrier: DemoCarrier,
    /// Never empty.
    played: Vec<Played>,
}

impl Shows {
    /// How often each promise was broken in all of them.
    fn promises(&self) -> Promises {
        self.played.iter().fold(Promises::default(), |sum, played| sum.and(played.promises))
    }

    /// Whether everything came as promised.
    fn hold(&self) -> bool {
        self.played.iter().all(Played::holds)
    }

    /// How long they took together.
    fn took(&self) -> Duration {
        self.played.iter().map(|played| played.took).sum()
    }

    /// One document: the calls of all plays and their sums, and under `carriers` each play alone.
    fn as_json(&self) -> Value {
        let carriers: Vec<Value> = self.played.iter().map(Played::as_json).collect();
        let calls: Vec<Value> =
            carriers.iter().filter_map(|one| one["calls"].as_array()).flatten().cloned().collect();
        let carrier = match self.carrier {
            DemoCarrier::All => "all",
            DemoCarrier::Twilio | DemoCarrier::Telnyx | DemoCarrier::Plivo => {
                self.played.first().map_or("", |played| played.face.word())
            }
        };
        let first = |key: &str| carriers.first().map(|one| one[key].clone());
        json!({
            "carrier": carrier,
            "calls": calls,
            "promises": self.promises(),
            "new_call": first("new_call"),
            "queued_at_the_limit": first("queued_at_the_limit"),
            "holds": self.hold(),
            "seconds": seconds(self.took()),
            "carriers": carriers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(face: Face, phantoms: usize) -> Played {
        Played {
            face,
            rows: Vec::new(),
            newcomer: json!({ "id": face.word(), "state": "in_progress", "carrier_call_id": "x" }),
            waited: json!({ "id": "c_1", "waits_for": "slot" }),
            promises: Promises { phantoms, ..Promises::default() },
            talked: talk::Talked {
                heard_of_it: "Good".to_owned(),
                back_after: Duration::from_millis(300),
                was_told: true,
                goes_on: true,
                n_rings: 1,
            },
            took: Duration::from_secs(2),
        }
    }

    #[test]
    fn several_plays_are_added_up_and_one_broken_promise_breaks_all() {
        let face = |face| played(face, usize::from(face == Face::Plivo));
        let all = Face::asked(DemoCarrier::All).iter().map(|one| face(*one)).collect();
        let json = Shows { carrier: DemoCarrier::All, played: all }.as_json();
        assert_eq!((&json["carrier"], &json["promises"]["phantoms"]), (&json!("all"), &json!(1)));
        assert_eq!((&json["holds"], &json["seconds"]), (&json!(false), &json!(6.0)));
        let held: Vec<&Value> =
            json["carriers"].as_array().into_iter().flatten().map(|one| &one["holds"]).collect();
        assert_eq!(held, [true, true, false]);
        let one = Shows { carrier: DemoCarrier::Telnyx, played: vec![played(Face::Telnyx, 0)] }.as_json();
        assert_eq!((&one["carrier"], &one["holds"]), (&json!("telnyx"), &json!(true)));
        assert_eq!(one["new_call"]["id"], "telnyx");
    }
}
