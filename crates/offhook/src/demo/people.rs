//! Who is called in the demo, through whose interface, and what becomes of each call.

use crate::cli::args::DemoCarrier;

/// The carrier whose interface the calls go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// Twilio's.
    Twilio,
    /// Telnyx's.
    Telnyx,
    /// Plivo's.
    Plivo,
}

impl Face {
    /// Those that were asked for, in turn.
    pub(super) fn asked(carrier: DemoCarrier) -> &'static [Face] {
        match carrier {
            DemoCarrier::Twilio => &[Face::Twilio],
            DemoCarrier::Telnyx => &[Face::Telnyx],
            DemoCarrier::Plivo => &[Face::Plivo],
            DemoCarrier::All => &[Face::Twilio, Face::Telnyx, Face::Plivo],
        }
    }

    /// The word for it in the configuration and in the JSON document.
    pub(super) fn word(self) -> &'static str {
        match self {
            Face::Twilio => "twilio",
            Face::Telnyx => "telnyx",
            Face::Plivo => "plivo",
        }
    }

    /// What a person reads.
    pub(super) fn title(self) -> &'static str {
        match self {
            Face::Twilio => "Twilio",
            Face::Telnyx => "Telnyx",
            Face::Plivo => "Plivo",
        }
    }

    /// The state in which the gateway has a call whose phone rings. Telnyx doesn't tell that a
    /// phone rings, and the gateway believes nothing else of it.
    pub(super) fn rings(self) -> &'static str {
        match self {
            Face::Twilio | Face::Plivo => "ringing",
            Face::Telnyx => "initiated",
        }
    }
}

/// The fates of the five calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is past its maximum when the gateway comes back, and the carrier forgot its own limit.
    PastMaximum,
    /// It talks on.
    TalksOn,
    /// The other side hangs up while the gateway is dead.
    EndsMeanwhile,
    /// It rings all the while.
    Ringing,
    /// Its request was cut off after the call was placed: the gateway never learnt its name.
    CutOff,
}

impl Fate {
    /// The word for it in the JSON document.
    pub(super) fn word(self) -> &'static str {
        match self {
            Fate::PastMaximum => "past_maximum",
            Fate::TalksOn => "talks_on",
            Fate::EndsMeanwhile => "ends_meanwhile",
            Fate::Ringing => "ringing",
            Fate::CutOff => "cut_off",
        }
    }

    /// What a person reads.
    pub(super) fn title(self) -> &'static str {
        match self {
            Fate::PastMaximum => "past its maximum",
            Fate::TalksOn => "talks on",
            Fate::EndsMeanwhile => "ends meanwhile",
            Fate::Ringing => "keeps ringing",
            Fate::CutOff => "request cut off",
        }
    }

    /// Who is called. The last four digits are the subscriber's behaviour: 0006 picks up at once
    /// and talks for an hour, 0002 never answers, 0007 answers after ten seconds.
    pub(super) fn number(self) -> &'static str {
        match self {
            Fate::PastMaximum => "+15550110006",
            Fate::TalksOn => "+15550120006",
            Fate::EndsMeanwhile => "+15550130006",
            Fate::Ringing => "+15550140002",
            Fate::CutOff => "+15550150007",
        }
    }
}

/// Who is called at the end, to show that the slots are free.
pub(super) const NEWCOMER: &str = "+15550160006";
/// Who is called when all slots are taken, and waits.
pub(super) const ONE_TOO_MANY: &str = "+15550170006";
