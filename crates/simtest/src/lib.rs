//! A seeded world in virtual time around the gateway's own engine: telephone users, a network that
//! lies and stalls, a disk that fills, a clock that jumps, and a process that dies anywhere.
//!
//! The crank ([`engine::Driver`]), the errands ([`engine::Errand`]), the connector and the network
//! are the product's own; what the simulation stands in for is threads, sockets and sleep. One seed
//! gives one history. Checkers hold the promises ([`Promise`]) against what the network knows to be
//! true; [`Sabotage`] shows that they bite.

mod agenda;
mod check;
mod flaky;
mod memory;
mod plan;
mod sabotage;
mod scene;
mod story;
mod tally;
mod twin;
mod world;

pub use check::{Breach, Promise};
pub use memory::{Disk, MemoryStore};
pub use sabotage::Sabotage;
pub use scene::{Kind, Scene};
pub use story::Telling;
pub use tally::Tally;
pub use twin::Twin;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use store::sqlite::SqliteStore;
use world::{Opener, World};

/// What became of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The carrier that it was played with.
    pub carrier: Kind,
    /// What was gone through.
    pub tally: Tally,
    /// The promise that was broken, if one was.
    pub breach: Option<Breach>,
    /// The story, if it was to be told.
    pub story: Vec<String>,
    /// One number for the whole story.
    pub hash: u64,
}

/// Runs one seed on a store in memory.
pub fn run(seed: u64, sabotage: Option<Sabotage>, telling: Telling) -> Outcome {
    run_as(seed, Scene::default(), sabotage, telling)
}

/// Runs one seed of which some things are settled, on a store in memory.
pub fn run_as(seed: u64, scene: Scene, sabotage: Option<Sabotage>, telling: Telling) -> Outcome {
    run_in(seed, scene, sabotage, telling, Box::new(|disk, _| Box::new(disk.store())))
}

/// Runs one seed on a store in a file in `folder` as well; the two stores must agree on everything.
pub fn run_on_disk(seed: u64, folder: &Path, telling: Telling) -> Outcome {
    let path = folder.join(format!("{seed}.db"));
    let opener: Opener = Box::new(move |disk, now| {
        let opened = SqliteStore::open(&path, now).unwrap_or_else(|error| panic!("{error}"));
        Box::new(Twin { first: Box::new(disk.store()), second: Box::new(opened.store) })
    });
    // Its file can't be put back under it.
    let scene = Scene { losses: false, ..Scene::default() };
    run_in(seed, scene, None, telling, opener)
}

fn run_in(seed: u64, scene: Scene, sabotage: Option<Sabotage>, telling: Telling, opener: Opener) -> Outcome {
    let mut world = World::new(seed, scene, sabotage, telling, opener);
    let ran = catch_unwind(AssertUnwindSafe(|| world.run()));
    let breach = match ran {
        Ok(done) => done.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(world.breach(Promise::NoPanic, text.unwrap_or_default()))
        }
    };
    Outcome {
        seed,
        carrier: world.plan.carrier,
        breach,
        story: world.story.lines().to_vec(),
        hash: world.story.hash(),
        tally: world.tally,
    }
}
