//! What a key does.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::screen::{Mode, Screen};
use super::watch::Wish;

/// What came of a key, beside what is seen.
#[derive(Debug)]
pub(super) enum Done {
    Nothing,
    /// Somebody has seen enough.
    Leave,
    Wish(Wish),
}

/// A key was pressed.
pub(super) fn pressed(screen: &mut Screen, key: KeyEvent) -> Done {
    if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
        return Done::Leave;
    }
    match screen.mode.clone() {
        Mode::List => in_list(screen, key.code),
        Mode::Filter => in_filter(screen, key.code),
        Mode::Confirm(id) => {
            screen.mode = Mode::List;
            match key.code {
                KeyCode::Char('y' | 'Y') => Done::Wish(Wish::HangUp(id)),
                _ => Done::Nothing,
            }
        }
        Mode::Story { from, .. } => in_story(screen, key.code, from),
    }
}

fn in_list(screen: &mut Screen, key: KeyCode) -> Done {
    let page = isize::try_from(screen.n_rows.max(1)).unwrap_or(1);
    screen.told = None;
    match key {
        KeyCode::Char('q') => return Done::Leave,
        KeyCode::Down | KeyCode::Char('j') => screen.select_by(1),
        KeyCode::Up | KeyCode::Char('k') => screen.select_by(-1),
        KeyCode::PageDown => screen.select_by(page),
        KeyCode::PageUp => screen.select_by(-page),
        KeyCode::Home | KeyCode::Char('g') => screen.select_by(isize::MIN),
        KeyCode::End | KeyCode::Char('G') => screen.select_by(isize::MAX),
        KeyCode::Char('/') => screen.mode = Mode::Filter,
        KeyCode::Esc => {
            screen.filter.clear();
            screen.select_what_is_there();
        }
        KeyCode::Char('h') => {
            if let Some(id) = screen.selected.clone() {
                screen.mode = Mode::Confirm(id);
            }
        }
        KeyCode::Enter => {
            if let Some(id) = screen.selected.clone() {
                screen.mode = Mode::Story { id: id.clone(), text: String::new(), from: 0 };
                return Done::Wish(Wish::Tell(id));
            }
        }
        _ => {}
    }
    Done::Nothing
}

fn in_filter(screen: &mut Screen, key: KeyCode) -> Done {
    match key {
        KeyCode::Enter => screen.mode = Mode::List,
        KeyCode::Esc => {
            screen.filter.clear();
            screen.mode = Mode::List;
        }
        KeyCode::Backspace => drop(screen.filter.pop()),
        KeyCode::Char(letter) => screen.filter.push(letter),
        _ => {}
    }
    screen.select_what_is_there();
    Done::Nothing
}

fn in_story(screen: &mut Screen, key: KeyCode, from: usize) -> Done {
    let Mode::Story { id, text, from: line } = &mut screen.mode else { return Done::Nothing };
    let last = text.lines().count().saturating_sub(1);
    match key {
        KeyCode::Down | KeyCode::Char('j') => *line = (from + 1).min(last),
        KeyCode::Up | KeyCode::Char('k') => *line = from.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => *line = (from + PAGE).min(last),
        KeyCode::PageUp => *line = from.saturating_sub(PAGE),
        KeyCode::Char('r') => return Done::Wish(Wish::Tell(id.clone())),
        KeyCode::Esc | KeyCode::Char('q') | KeyCode::Enter => screen.mode = Mode::List,
        _ => {}
    }
    Done::Nothing
}

/// Less than any screen has, so that nothing is skipped.
const PAGE: usize = 10;
