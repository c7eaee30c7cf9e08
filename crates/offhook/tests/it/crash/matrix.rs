//! All cells of the matrix: where the gateway dies, what happens to the call while nobody is there,
//! which way the call goes, and whose it is. What can't be is left out by a rule with its reason.

use crate::world::Face;
use engine::crash::Point;
use std::fmt;

/// One cell: one small world, in which a gateway dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The carrier.
    pub(super) face: Face,
    /// Who called whom.
    pub(super) way: Way,
    /// Where the gateway dies.
    pub(super) death: Death,
    /// What happens to the call before a gateway runs again.
    pub(super) meanwhile: Meanwhile,
}

/// Which way a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// We call.
    Outbound,
    /// We are called.
    Inbound,
}

/// Where the gateway dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// At this step of asking for a call and placing it.
    Placing(Point),
    /// The request for the call has reached the carrier, and its answer hasn't reached us.
    PlaceSent,
    /// At this step of hearing this webhook.
    Hearing(News, Point),
    /// At this step of hanging up.
    HangingUp(Point),
    /// The hang-up has reached the carrier, and its answer hasn't reached us.
    HangUpSent,
    /// At this step of a recovery that finds a call in this state.
    Recovery(Found, Point),
    /// At this step of a recovery, and of the recovery of that one at that step.
    RecoveryTwice(Found, Point, Point),
}

/// What a webhook tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The first that is heard of the leg; of an outbound one before the answer to its request.
    First,
    /// That it is answered.
    Answer,
    /// That it is over.
    End,
}

/// In which state a recovery finds the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Its placement is in doubt.
    InDoubt,
    /// Its leg is known: a phone that rings, or a caller who is held.
    Known,
    /// It is to end, and the hang-up didn't reach the carrier.
    ToEnd,
}

/// What happens to the call while no gateway runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meanwhile {
    /// Nothing.
    LivesOn,
    /// The other side ends it, or it has ended by what was asked of the carrier.
    Ended,
    /// The phone that rings is answered.
    Answered,
    /// The carrier never heard of it.
    NeverPlaced,
}

/// What a carrier can't tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// Telnyx lists only what lives, so that a leg which was over before anybody learnt its name is
    /// nowhere where no webhook tells of it: the call ends by nobody's word, and says so. A recovery is
    /// tried without webhooks; otherwise Telnyx tells again for a minute.
    EndedUnnamed,
    /// Telnyx tells of a caller twice, at once, and never again: whom nobody heard rings on until the
    /// caller gives up.
    RingsUnheard,
}

impl Limit {
    /// The same in a sentence.
    pub(super) fn why(self) -> &'static str {
        match self {
            Limit::EndedUnnamed => {
                "telnyx lists only what lives: a leg that ended before its name was known, and of which no \
                 webhook tells, is nowhere, and the call ends as indeterminate, confirmed by nobody"
            }
            Limit::RingsUnheard => {
                "telnyx tells of a caller twice, at once: whom nobody heard rings on until the caller gives up"
            }
        }
    }
}

/// Every cell that can be, by carrier, way, death and what happens meanwhile.
pub(super) fn cells() -> Vec<Cell> {
    all().filter(|cell| cell.impossible().is_none()).collect()
}

/// Why cells are left out, and how many for each reason.
pub(super) fn left_out() -> Vec<(&'static str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for reason in all().filter_map(|cell| cell.impossible()) {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, n_cells)) => *n_cells += 1,
            None => reasons.push((reason, 1)),
        }
    }
    reasons
}

fn all() -> impl Iterator<Item = Cell> {
    let ways = [Way::Outbound, Way::Inbound];
    let rows = ways.into_iter().flat_map(|way| deaths().into_iter().map(move |death| (way, death)));
    let rows = rows.flat_map(|(way, death)| FATES.map(|meanwhile| (way, death, meanwhile)));
    rows.flat_map(|(way, death, meanwhile)| FACES.map(|face| Cell { face, way, death, meanwhile }))
}

/// Every step at which a gateway is made to die, save in a reload, which is no part of a call's life
/// (`reload.rs`). The match names each point once, so that a new one
/// is a compile error until somebody says where it belongs.
fn deaths() -> Vec<Death> {
    let mut deaths = Vec::new();
    let mut in_recovery = Vec::new();
    for point in Point::ALL {
        match point {
            Point::OrderUncommitted | Point::OrderCommitted | Point::PlaceAnswered => {
                deaths.push(Death::Placing(point));
            }
            Point::PlaceUnsent => deaths.extend([Death::Placing(point), Death::PlaceSent]),
            Point::WebhookRead | Point::WebhookCommitted => {
                let told = [News::First, News::Answer, News::End];
                deaths.extend(told.map(|news| Death::Hearing(news, point)));
            }
            Point::HangUpUncommitted | Point::HangUpAnswered => deaths.push(Death::HangingUp(point)),
            Point::HangUpCommitted => deaths.extend([Death::HangingUp(point), Death::HangUpSent]),
            Point::StartUncommitted | Point::StartCommitted | Point::DueTaken | Point::LookAnswered => {
                in_recovery.push(point);
            }
            Point::ReloadUncommitted | Point::ReloadCommitted => {}
        }
    }
    for found in [Found::InDoubt, Found::Known, Found::ToEnd] {
        deaths.extend(in_recovery.iter().map(|point| Death::Recovery(found, *point)));
        let again = in_recovery.iter().cycle().skip(1).zip(&in_recovery);
        deaths.extend(again.map(|(second, first)| Death::RecoveryTwice(found, *first, *second)));
    }
    deaths
}

impl Cell {
    /// Why there is no such cell; `None` if there is.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        self.impossible_way().or_else(|| self.impossible_fate())
    }

    fn impossible_way(&self) -> Option<&'static str> {
        let in_doubt = matches!(
            self.death,
            Death::Recovery(Found::InDoubt, _) | Death::RecoveryTwice(Found::InDoubt, ..)
        );
        let placed = in_doubt || matches!(self.death, Death::Placing(_) | Death::PlaceSent);
        match (self.way, self.death, self.meanwhile) {
            (Way::Inbound, ..) if placed => Some("a caller dials; we place nothing"),
            (Way::Inbound, Death::Hearing(News::Answer, _), _) | (Way::Inbound, _, Meanwhile::Answered) => {
                Some("a caller is answered by nobody but us")
            }
            (Way::Inbound, _, Meanwhile::NeverPlaced) => Some("a call that comes in was placed"),
            _ => None,
        }
    }

    fn impossible_fate(&self) -> Option<&'static str> {
        use Meanwhile as M;

        let never = self.meanwhile == M::NeverPlaced;
        match self.death {
            Death::Placing(Point::PlaceAnswered) if never => Some("the carrier said that it placed it"),
            Death::Placing(Point::PlaceAnswered) | Death::PlaceSent => None,
            Death::Placing(_) if !never => Some("no byte of the request has left"),
            Death::Placing(_) => None,
            Death::Hearing(..) if never => Some("the carrier told of it"),
            Death::Hearing(News::End, _) if self.meanwhile != M::Ended => Some("the webhook tells the end"),
            Death::Hearing(News::Answer, _) if self.meanwhile == M::LivesOn => {
                Some("the webhook tells that it is answered, so it does not ring on")
            }
            Death::Hearing(..) => None,
            Death::HangingUp(Point::HangUpAnswered) if self.meanwhile != M::Ended => {
                Some("the carrier said that it hung up")
            }
            Death::Recovery(Found::InDoubt, _) | Death::RecoveryTwice(Found::InDoubt, ..) => None,
            Death::HangingUp(_) | Death::HangUpSent | Death::Recovery(..) | Death::RecoveryTwice(..) => {
                never.then_some("its leg is known")
            }
        }
    }

    /// What a carrier itself can't tell, so that the gateway can't know it; `None` where nothing of the
    /// kind stands in the way.
    pub(super) fn limit(&self) -> Option<Limit> {
        use Death as D;

        if self.face != Face::Telnyx {
            return None;
        }
        let in_doubt =
            matches!(self.death, D::Recovery(Found::InDoubt, _) | D::RecoveryTwice(Found::InDoubt, ..));
        let unheard = self.death == D::Hearing(News::First, Point::WebhookRead);
        match (self.way, self.meanwhile) {
            (Way::Outbound, Meanwhile::Ended) if in_doubt => Some(Limit::EndedUnnamed),
            (Way::Inbound, Meanwhile::LivesOn) if unheard => Some(Limit::RingsUnheard),
            _ => None,
        }
    }

    /// Where the recoveries after the first death die.
    pub(super) fn deaths_in_recovery(&self) -> Vec<Point> {
        match self.death {
            Death::Recovery(_, point) => vec![point],
            Death::RecoveryTwice(_, first, second) => vec![first, second],
            _ => Vec::new(),
        }
    }

    /// The row of the table that it is in.
    pub(super) fn row(&self) -> String {
        let way = match self.way {
            Way::Outbound => "out",
            Way::Inbound => "in",
        };
        format!("{way}/{}/{}", self.death, self.meanwhile)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.face.name(), self.row())
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Death::Placing(point) | Death::HangingUp(point) => f.write_str(point.word()),
            Death::PlaceSent => f.write_str("place-sent"),
            Death::Hearing(news, point) => write!(f, "{}({})", point.word(), news.word()),
            Death::HangUpSent => f.write_str("hang-up-sent"),
            Death::Recovery(found, point) => write!(f, "recovery({}):{}", found.word(), point.word()),
            Death::RecoveryTwice(found, first, second) => {
                write!(f, "recovery({}):{}:{}", found.word(), first.word(), second.word())
            }
        }
    }
}

impl News {
    fn word(self) -> &'static str {
        match self {
            News::First => "first",
            News::Answer => "answer",
            News::End => "end",
        }
    }
}

impl Found {
    fn word(self) -> &'static str {
        match self {
            Found::InDoubt => "in doubt",
            Found::Known => "known",
            Found::ToEnd => "to end",
        }
    }
}

impl fmt::Display for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Meanwhile::LivesOn => "lives on",
            Meanwhile::Ended => "ended",
            Meanwhile::Answered => "was answered",
            Meanwhile::NeverPlaced => "was never placed",
        })
    }
}

/// What may happen meanwhile.
const FATES: [Meanwhile; 4] =
    [Meanwhile::LivesOn, Meanwhile::Ended, Meanwhile::Answered, Meanwhile::NeverPlaced];
/// The carriers, one column each.
pub(super) const FACES: [Face; 3] = [Face::Twilio, Face::Telnyx, Face::Plivo];

#[test]
fn every_point_and_every_fate_is_in_a_cell_and_no_two_cells_are_alike() {
    let names: Vec<String> = cells().iter().map(Cell::to_string).collect();
    let of_a_life = |point: &Point| !matches!(point, Point::ReloadUncommitted | Point::ReloadCommitted);
    for point in Point::ALL.into_iter().filter(of_a_life) {
        assert!(names.iter().any(|name| name.contains(point.word())), "{}", point.word());
    }
    for (face, fate) in FACES.iter().flat_map(|face| FATES.map(|fate| (face.name(), fate.to_string()))) {
        assert!(names.iter().any(|name| name.starts_with(face) && name.ends_with(&fate)), "{face} {fate}");
    }
    let unlike: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(unlike.len(), names.len());
    let n_left_out: usize = left_out().iter().map(|(_, n_cells)| n_cells).sum();
    assert_eq!(n_left_out + names.len(), all().count());
}
