//! Draws the screen. Each line is cut at the edge, and columns that don't fit are left out, the least
//! needed first; only the rows that are seen are made.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::screen::{Mode, Screen};
use super::watch::Round;
use crate::cli::paint::{Paint, Tone};
use crate::cli::wire::{Call, Recovery};
use crate::cli::words;

/// Draws all of it as it is at `now`.
pub(super) fn whole(screen: &mut Screen, buffer: &mut Buffer, now: Timestamp) {
    let area = buffer.area;
    if area.height < 4 || area.width < 10 {
        return put(buffer, area, 0, "too small", Style::new());
    }
    if let Mode::Story { id, text, from } = &screen.mode {
        return story(buffer, area, screen.paint, id, text, *from);
    }
    let mut head = heading(screen, now);
    head.truncate(usize::from(area.height / 3).max(1));
    let n_head = u16::try_from(head.len()).unwrap_or_default();
    for (line, (text, tone)) in (0..).zip(&head) {
        put(buffer, area, line, text, style(screen.paint, *tone));
    }
    let rows = Rect { y: area.y + n_head, height: area.height - n_head - 1, ..area };
    calls(screen, buffer, rows, now);
    let (text, tone) = foot(screen);
    put(buffer, area, area.height - 1, &text, style(screen.paint, tone));
}

/// What is said above the calls: how many there are, what is amiss, and what the last start found.
fn heading(screen: &Screen, now: Timestamp) -> Vec<(String, Tone)> {
    let mut lines = vec![(format!("offhook  {}  {}", screen.url, counts(screen)), Tone::Strong)];
    if let Some((since, why)) = &screen.away {
        let length = words::length(now.duration_since(*since));
        lines.push((format!("! away for {length}, and asked again: {why}"), Tone::Bad));
        return lines;
    }
    let Some(round) = &screen.round else {
        lines.push(("asking…".to_owned(), Tone::Faint));
        return lines;
    };
    if let Some(back) = screen.back.filter(|back| now.duration_since(*back).as_secs() < BACK_TOLD_S) {
        let length = words::length(now.duration_since(back));
        lines.push((format!("the gateway is back since {length}"), Tone::Good));
    }
    lines.extend(alarms(round));
    lines.extend(round.recovery.as_ref().and_then(found_at_start));
    lines
}

fn counts(screen: &Screen) -> String {
    let Some(round) = &screen.round else { return String::new() };
    let n_queued = round.calls.iter().filter(|call| call.state == "queued").count();
    let n_live = round.calls.len() - n_queued;
    let most = round.live_max.map(|most| format!(" of {most}")).unwrap_or_default();
    let queued = if n_queued > 0 { format!(", {n_queued} queued") } else { String::new() };
    let paused = if round.paused { ", outbound calls paused" } else { "" };
    // First, since a narrow screen cuts the line.
    let shown = match screen.filter.is_empty() {
        true => String::new(),
        false => format!("{} fit /{}: ", screen.shown().len(), screen.filter),
    };
    format!("{shown}{n_live}{most} live{queued}{paused}")
}

fn alarms(round: &Round) -> Vec<(String, Tone)> {
    let mut lines: Vec<(String, Tone)> =
        round.health.reasons.iter().map(|reason| (format!("! {reason}"), Tone::Bad)).collect();
    if round.health.draining {
        lines
            .push(("! it drains: no new call is taken, and it ends with the last one".to_owned(), Tone::Bad));
    }
    if lines.is_empty() {
        lines.push(("all is well".to_owned(), Tone::Good));
    }
    lines
}

/// What the last start found unfinished, by what was decided.
fn found_at_start(recovery: &Recovery) -> Option<(String, Tone)> {
    if recovery.calls.is_empty() && recovery.orphans.is_empty() && recovery.strangers.is_empty() {
        return None;
    }
    let mut decided: Vec<(&str, usize)> = Vec::new();
    for word in recovery.calls.iter().filter_map(|call| call.decision.as_deref()) {
        match decided.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => decided.push((word, 1)),
        }
    }
    let at = recovery.started_at.map(|at| at.strftime(" at %H:%M:%SZ").to_string()).unwrap_or_default();
    let decided: Vec<String> = decided.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    let mut parts = vec![format!("{} unfinished: {}", recovery.calls.len(), decided.join(", "))];
    let others = [(recovery.orphans.len(), "orphans"), (recovery.strangers.len(), "strangers")];
    parts.extend(others.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    Some((format!("the start{at} found {}", parts.join("; ")), Tone::Faint))
}

/// The calls that fit, the selected one among them.
fn calls(screen: &mut Screen, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    screen.scroll(usize::from(area.height.saturating_sub(1)));
    let columns = columns(area.width);
    let mut at = area.x;
    for column in &columns {
        let style = style(screen.paint, Tone::Faint);
        buffer.set_stringn(at, area.y, column.head, usize::from(column.width), style);
        at += column.width + GAP;
    }
    let shown = screen.shown();
    if shown.is_empty() && screen.round.is_some() {
        let text = if screen.filter.is_empty() { "no call is live" } else { "no live call fits the filter" };
        put(buffer, area, 2.min(area.height.saturating_sub(1)), text, style(screen.paint, Tone::Faint));
    }
    for (line, call) in (1u16..area.height).zip(shown.into_iter().skip(screen.first)) {
        let is_selected = screen.selected.as_deref() == Some(call.id.as_str());
        let mut at = area.x;
        for column in &columns {
            let (text, tone) = cell(column.head, call, screen, now);
            let mut style = style(screen.paint, tone);
            if is_selected {
                style = style.add_modifier(Modifier::REVERSED);
            }
            let text = format!("{text:width$}", width = usize::from(column.width + GAP));
            buffer.set_stringn(at, area.y + line, &text, usize::from(area.right().saturating_sub(at)), style);
            // A long text ends at its column's edge.
            at += column.width;
            if at < area.right() {
                buffer.set_stringn(at, area.y + line, "  ", usize::from(GAP.min(area.right() - at)), style);
            }
            at += GAP;
        }
    }
}

fn cell(head: &str, call: &Call, screen: &Screen, now: Timestamp) -> (String, Tone) {
    let normal = |text: Option<String>| (text.unwrap_or_else(|| "-".to_owned()), Tone::Normal);
    match head {
        "STATE" if call.alarm.is_some() => (format!("{} !", call.state), Tone::Bad),
        "STATE" if call.state == "queued" => (call.state.clone(), Tone::Normal),
        "STATE" => (call.state.clone(), Tone::Busy),
        "WHO" => normal(words::who(call)),
        "FOR" => {
            let since = call.answered_at.or(call.created_at);
            normal(since.map(|since| words::length(now.duration_since(since))))
        }
        "LEFT" => normal(call.deadline.map(|end| words::length(end.duration_since(now)))),
        "AGENT" => normal(call.agent.clone()),
        "ID" => (call.id.clone(), Tone::Faint),
        _ => (screen.said.get(&call.id).cloned().unwrap_or_default(), Tone::Normal),
    }
}

fn foot(screen: &Screen) -> (String, Tone) {
    match (&screen.mode, &screen.told) {
        (Mode::Filter, _) => (format!("/{}_   enter keeps it, esc drops it", screen.filter), Tone::Strong),
        (Mode::Confirm(id), _) => {
            let call = screen.selected_call().filter(|call| call.id == *id);
            let who = call.and_then(words::who).unwrap_or_else(|| id.clone());
            (format!("hang up {who}? y hangs up, any other key leaves it alone"), Tone::Bad)
        }
        (_, Some(told)) => (told.clone(), Tone::Strong),
        (_, None) => ("q quit  jk select  enter story  h hang up  / filter".to_owned(), Tone::Faint),
    }
}

/// A call's story, with lines that are too long folded.
fn story(buffer: &mut Buffer, area: Rect, paint: Paint, id: &str, text: &str, from: usize) {
    let width = usize::from(area.width);
    let height = area.height - 1;
    if text.is_empty() {
        put(buffer, area, 0, &format!("asking for {id}…"), style(paint, Tone::Faint));
    }
    let lines = text.lines().skip(from).flat_map(|line| folded(line, width));
    for (nth, line) in (0..height).zip(lines) {
        put(buffer, area, nth, &line, Style::new());
    }
    put(buffer, area, height, "jk scroll  r read again  esc back", style(paint, Tone::Faint));
}

fn folded(line: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect()
}

struct Column {
    head: &'static str,
    width: u16,
}

/// The columns that fit a screen of this width. What was said takes what is left.
fn columns(width: u16) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut left = width;
    for (head, wide, from) in COLUMNS {
        if width >= from && left > 0 {
            let wide = wide.min(left);
            columns.push(Column { head, width: wide });
            left = left.saturating_sub(wide + GAP);
        }
    }
    if left >= SAID_LEAST {
        columns.push(Column { head: "LAST SAID", width: left });
    }
    columns
}

fn put(buffer: &mut Buffer, area: Rect, line: u16, text: &str, style: Style) {
    buffer.set_stringn(area.x, area.y + line, text, usize::from(area.width), style);
}

fn style(paint: Paint, tone: Tone) -> Style {
    let style = Style::new();
    match (paint, tone) {
        (_, Tone::Normal) => style,
        (_, Tone::Strong) => style.add_modifier(Modifier::BOLD),
        (_, Tone::Faint) => style.add_modifier(Modifier::DIM),
        (Paint::Plain, Tone::Good | Tone::Busy) => style,
        (Paint::Plain, Tone::Bad) => style.add_modifier(Modifier::BOLD),
        (Paint::Coloured, Tone::Good) => style.fg(Color::Green),
        (Paint::Coloured, Tone::Busy) => style.fg(Color::Cyan),
        (Paint::Coloured, Tone::Bad) => style.fg(Color::Red),
    }
}

/// Head, width, and how wide a screen must be to have it.
const COLUMNS: [(&str, u16, u16); 6] =
    [("STATE", 13, 0), ("WHO", 18, 0), ("FOR", 6, 40), ("LEFT", 6, 50), ("AGENT", 10, 70), ("ID", 28, 150)];
const GAP: u16 = 2;
/// A narrower column tells nothing.
const SAID_LEAST: u16 = 12;
/// How long it is told that the gateway came back.
const BACK_TOLD_S: i64 = 10;
