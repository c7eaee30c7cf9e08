//! The countries that may be called, by their ISO codes.

use super::faults::Origin;
use super::section::Rejected;
use super::settings::{CountryCode, Destinations};
use super::tree::Node;
use super::values::texts;

/// The countries that may be called.
pub(super) fn destinations(node: &Node) -> Result<Destinations, Rejected> {
    let words = texts(node, "[\"US\", \"CA\"]")?;
    match words.as_slice() {
        [] => Err(NO_COUNTRY.into()),
        [("*", _)] => Ok(Destinations::Everywhere),
        words => {
            words.iter().map(|(word, at)| country(word, at)).collect::<Result<_, _>>().map(Destinations::Only)
        }
    }
}

fn country(code: &str, at: &Origin) -> Result<CountryCode, Rejected> {
    let capitals = code.to_ascii_uppercase();
    if COUNTRIES.split_ascii_whitespace().any(|known| known == capitals) {
        return Ok(CountryCode(capitals));
    }
    let way_out = match capitals.as_str() {
        "*" => "write [\"*\"] alone for all countries",
        // Reserved for the United Kingdom but not its code.
        "UK" => "the United Kingdom is \"GB\"",
        _ => "write ISO codes such as \"US\", or [\"*\"] for all",
    };
    Err(Rejected::at(at, format!("has {code:?}, which is no country's code; {way_out}")))
}

const NO_COUNTRY: &str =
    "is empty; leave it out for the countries of your own numbers, or write [\"*\"] for all";

/// The officially assigned codes of ISO 3166-1 alpha-2, with `XK`, which its users assigned to
/// Kosovo.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ \
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW \
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY \
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV \
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY \
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG \
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA \
    ZM ZW";
