//! Reads what is recorded, and how long that is kept.

use std::path::Path;

use carrier::say_fits;
use engine::CarrierCopy;

use super::section::Section;
use super::settings::Recording;
use super::values;

/// Reads `[recording]`.
pub(super) fn recording(section: &mut Section<'_, '_>, folder: &Path) -> Recording {
    let announcement = section.optional("announcement", values::spoken_or_nothing);
    let recordings = self::folder(section, folder);
    let carrier_copy =
        section.optional("carrier_copy", |node| values::word(node, &COPIES)).unwrap_or_default();
    let mut number =
        |key, most: u32| section.optional(key, |node| values::integer(node, 0..=most)).unwrap_or(0);
    let keep_days = number("keep_days", KEPT_DAYS_MOST);
    let keep_mb = number("keep_mb", KEPT_MB_MOST);
    section.finish();
    Recording { announcement, folder: recordings, keep_days, keep_mb, carrier_copy }
}

/// Reads where recordings are kept, and leaves the rest alone.
pub(super) fn folder(section: &mut Section<'_, '_>, folder: &Path) -> Option<std::path::PathBuf> {
    let environment = section.environment();
    section.optional("folder", |node| values::path_from(&values::text(node)?, node, folder, environment))
}

/// Reads whether an agent's calls are recorded, or those to a number. Whoever is on the line must have been told
/// so, and something must follow that.
pub(super) fn record(
    section: &mut Section<'_, '_>,
    is_announced: bool,
    greeting: Option<(&str, &str)>,
    is_held: bool,
) -> bool {
    let record = section.optional("record", values::boolean).unwrap_or(false);
    if !record {
        return false;
    }
    let name = section.full_name("record");
    if !is_held {
        section.wrong(format!("`{name}` begins after the greeting, when the line is closed; {WAY_OUT}"));
    } else if !is_announced {
        section.wrong(format!("`{name}` needs `recording.announcement`; {UNTOLD}"));
    } else if let Some((announcement, greeting)) = greeting
        && !say_fits(&format!("{announcement} {greeting}"))
    {
        section
            .wrong("`recording.announcement` and `greeting` are too long together; shorten one".to_owned());
    }
    record
}

const WAY_OUT: &str = "give it an agent, such as one of kind say, or hold = true";
const UNTOLD: &str = "set it to what whoever is on the line is told first, such as \"This call is recorded.\", or \
                      to \"\" if they have consented otherwise";
/// What becomes of what carriers recorded.
pub(super) const COPIES: [(&str, CarrierCopy); 2] =
    [("delete", CarrierCopy::Delete), ("keep", CarrierCopy::Keep)];
const KEPT_DAYS_MOST: u32 = 36_500;
/// A petabyte.
const KEPT_MB_MOST: u32 = 1_000_000_000;
