//! What is on the screen: what was heard last, what is selected, and what is being asked of who watches.

use std::collections::HashMap;

use jiff::Timestamp;

use super::watch::{News, Round};
use crate::cli::paint::Paint;
use crate::cli::wire::Call;

/// All that is drawn.
pub(super) struct Screen {
    pub(super) url: String,
    pub(super) paint: Paint,
    pub(super) round: Option<Round>,
    /// What was said last, by call.
    pub(super) said: HashMap<String, String>,
    /// Since when the gateway is away, and why.
    pub(super) away: Option<(Timestamp, String)>,
    /// When it came back, if it was away.
    pub(super) back: Option<Timestamp>,
    /// The selected call's id.
    pub(super) selected: Option<String>,
    /// Where the selected call stood, for when it is gone.
    pub(super) row: usize,
    /// The first row that is seen, and how many fit: what was drawn last.
    pub(super) first: usize,
    pub(super) n_rows: usize,
    pub(super) filter: String,
    pub(super) mode: Mode,
    /// What came of the last wish.
    pub(super) told: Option<String>,
}

/// What keys mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The calls are seen.
    List,
    /// A filter is being typed.
    Filter,
    /// Whether this call is to be hung up.
    Confirm(String),
    /// A call's story, from this line on. Empty until it was told.
    Story { id: String, text: String, from: usize },
}

impl Screen {
    pub(super) fn new(url: &str, paint: Paint) -> Self {
        Self {
            url: url.to_owned(),
            paint,
            round: None,
            said: HashMap::new(),
            away: None,
            back: None,
            selected: None,
            row: 0,
            first: 0,
            n_rows: 0,
            filter: String::new(),
            mode: Mode::List,
            told: None,
        }
    }

    /// Hears news.
    pub(super) fn hear(&mut self, news: News, now: Timestamp) {
        match news {
            News::Round(round) => {
                if self.away.take().is_some() {
                    self.back = Some(now);
                }
                self.said.retain(|id, _| round.calls.iter().any(|call| call.id == *id));
                self.round = Some(*round);
                self.select_what_is_there();
            }
            News::Away(why) => {
                self.back = None;
                self.away.get_or_insert((now, String::new())).1 = why;
            }
            News::Said(id, said) => drop(self.said.insert(id, said)),
            News::Story(told, story) => {
                if let Mode::Story { id, text, .. } = &mut self.mode
                    && *id == told
                {
                    *text = story;
                }
            }
            News::Told(what) => self.told = Some(what),
            News::Stop => {}
        }
    }

    /// The calls that the filter lets through, in order.
    pub(super) fn shown(&self) -> Vec<&Call> {
        let calls = self.round.iter().flat_map(|round| &round.calls);
        let wanted = self.filter.to_lowercase();
        calls.filter(|call| wanted.is_empty() || self.fits(call, &wanted)).collect()
    }

    fn fits(&self, call: &Call, wanted: &str) -> bool {
        let has =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted));
        call.id.contains(wanted)
            || call.state.contains(wanted)
            || [&call.to, &call.from, &call.carrier, &call.agent, &call.direction].into_iter().any(has)
            || has(&self.said.get(&call.id).cloned())
    }

    /// The calls that are seen.
    pub(super) fn visible(&self) -> Vec<String> {
        let shown = self.shown();
        shown.iter().skip(self.first).take(self.n_rows).map(|call| call.id.clone()).collect()
    }

    /// The selected call.
    pub(super) fn selected_call(&self) -> Option<&Call> {
        let id = self.selected.as_ref()?;
        self.round.as_ref()?.calls.iter().find(|call| call.id == *id)
    }

    /// Selects the call that is so many rows below, or above.
    pub(super) fn select_by(&mut self, rows: isize) {
        let n_shown = self.shown().len();
        self.row = self.row.saturating_add_signed(rows).min(n_shown.saturating_sub(1));
        self.selected = self.shown().get(self.row).map(|call| call.id.clone());
    }

    /// Keeps the selection on its call wherever it moved; where that is gone, on its row.
    pub(super) fn select_what_is_there(&mut self) {
        let shown = self.shown();
        let at = self.selected.as_ref().and_then(|id| shown.iter().position(|call| call.id == *id));
        let row = at.unwrap_or(self.row).min(shown.len().saturating_sub(1));
        let selected = shown.get(row).map(|call| call.id.clone());
        (self.row, self.selected) = (row, selected);
    }

    /// Has the selected row seen where so many rows fit.
    pub(super) fn scroll(&mut self, n_rows: usize) {
        self.n_rows = n_rows;
        let last = self.first + n_rows.saturating_sub(1);
        if self.row < self.first {
            self.first = self.row;
        } else if self.row > last {
            self.first = self.row + 1 - n_rows.max(1);
        }
        self.first = self.first.min(self.shown().len().saturating_sub(n_rows));
    }
}
