//! `offhook top`: a running gateway as it lives, on a terminal. What is shown is a pure function of what
//! was heard and typed; a thread of its own asks the gateway, so that a key never waits for an answer.

mod draw;
mod keys;
mod screen;
mod watch;

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::mpsc::UnboundedSender;

use self::keys::Done;
use self::screen::Screen;
use self::watch::{News, Wish};
use super::{CommandError, Exit, Terminal};
use crate::cli::args::Global;
use crate::config::Environment;

/// Shows it until somebody has seen enough.
pub(crate) fn run(global: &Global, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process(global.no_color, environment);
    super::end(shown(global, environment, terminal), terminal)
}

fn shown(global: &Global, environment: &Environment, terminal: Terminal) -> Result<Exit, CommandError> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        let why = "top needs a terminal; 'offhook ls --json' tells a program which calls live, and \
            'offhook tail --json' what happens";
        return Err(CommandError::Usage(why.to_owned()));
    }
    let client = super::client(global, environment)?;
    let mut screen = Screen::new(client.url(), terminal.paint);
    let (wishes, news) = watch::begin(client)?;
    // It has the terminal restored by a panic, too.
    let mut view = ratatui::try_init()?;
    let exit = turn(&mut view, &mut screen, &wishes, &news);
    ratatui::try_restore()?;
    Ok(exit?)
}

/// Draws what there is, and hears keys and news, until one of them ends it.
fn turn(
    view: &mut DefaultTerminal,
    screen: &mut Screen,
    wishes: &UnboundedSender<Wish>,
    news: &Receiver<News>,
) -> io::Result<Exit> {
    let mut drawn_at: Option<Instant> = None;
    loop {
        let mut is_changed = drawn_at.is_none_or(|at| at.elapsed() >= CLOCK_TICKS);
        loop {
            match news.try_recv() {
                Ok(News::Stop) => return Ok(Exit::Done),
                Ok(heard) => {
                    screen.hear(heard, Timestamp::now());
                    is_changed = true;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(Exit::Failed),
            }
        }
        if is_changed {
            view.draw(|frame| draw::whole(screen, frame.buffer_mut(), Timestamp::now()))?;
            drawn_at = Some(Instant::now());
            // Whoever asks is gone only where the process ends.
            let _ = wishes.send(Wish::Watch(screen.visible()));
        }
        if event::poll(LOOK_EVERY)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match keys::pressed(screen, key) {
                    Done::Nothing => {}
                    Done::Leave => return Ok(Exit::Done),
                    Done::Wish(wish) => drop(wishes.send(wish)),
                },
                _ => {}
            }
            drawn_at = None;
        }
    }
}

/// How soon a key or news is seen.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Lengths of time are shown in seconds.
const CLOCK_TICKS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
