//! `offhook demo`: a gateway dies in the middle of calls, the world goes on, and it comes back
//! knowing the truth. Real processes, real sockets, a real `kill -9`; what is counted at the end
//! is counted from the network's own truth.

mod people;
mod picture;
mod play;
mod promises;
mod stage;

use crate::cli::Exit;
use crate::cli::args::DemoArgs;
use crate::cli::terminal::Terminal;
use picture::Screen;
use play::Played;
use stage::Stage;

/// Plays the demo. Whatever happens, nothing of it is left running, and nothing on disk unless
/// that was asked for.
///
/// # Errors
/// It could not be played, in words.
pub(crate) fn run(args: &DemoArgs, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stage = Stage::build(args.keep)?;
        let mut screen = Screen::new(terminal, args.json);
        let played = tokio::select! {
            played = play::play(&mut stage, &mut screen) => Some(played),
            () = crate::serve::told_to_stop(false) => None,
        };
        stage.strike();
        let Some(played) = played else {
            screen.remark("stopped; nothing of the demo is left running");
            return Ok(Exit::Interrupted);
        };
        let played = played.map_err(|error| stage.explain(error))?;
        finish(&played, args, &stage, &mut screen)
    })
}

fn finish(played: &Played, args: &DemoArgs, stage: &Stage, screen: &mut Screen) -> anyhow::Result<Exit> {
    if args.json {
        println!("{:#}", played.as_json());
    } else {
        screen.last(played);
    }
    if args.keep {
        screen.remark(&format!("kept: {}", stage.folder().display()));
    }
    Ok(if played.holds() { Exit::Done } else { Exit::Failed })
}
