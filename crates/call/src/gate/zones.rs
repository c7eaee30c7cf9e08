//! On whose clock a number is: the zones in which its phone may ring.
//!
//! A number does not say where its phone is. What is known is the country, and in the North
//! American plan the area. Where that leaves several zones, all of them are named, and the one who
//! asks takes the safe side. `countries.txt` is `zone.tab` of the time zone database (public
//! domain), without zones that kept the same time as another of their country from 2026 to 2030.
//! `areas.txt` has the area codes of the United States and Canada that lie in one zone, or surely
//! in two; a code that isn't there is anywhere in its country.

use crate::number::PhoneNumber;

/// The names of the zones that the number's phone may be in; none for a number of no country.
pub fn zones_of(number: &PhoneNumber) -> Vec<&'static str> {
    let Some(country) = number.country() else { return Vec::new() };
    if matches!(country.as_str(), "US" | "CA")
        && let Some(area) = number.as_str().strip_prefix("+1").and_then(|rest| rest.get(..3))
    {
        let of_area: Vec<&str> = rows(AREAS)
            .filter_map(|(zone, mut areas)| areas.any(|one| one == area).then_some(zone))
            .collect();
        if !of_area.is_empty() {
            return of_area;
        }
    }
    rows(COUNTRIES).find(|(code, _)| *code == country).map(|(_, zones)| zones.collect()).unwrap_or_default()
}

fn rows(
    table: &'static str,
) -> impl Iterator<Item = (&'static str, std::str::SplitAsciiWhitespace<'static>)> {
    table.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        Some((words.next()?, words))
    })
}

const COUNTRIES: &str = include_str!("countries.txt");
const AREAS: &str = include_str!("areas.txt");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::tz::TimeZone;
    use phonenumber::metadata::DATABASE;

    #[test]
    fn every_zone_is_in_the_bundled_database() {
        for (_, zones) in rows(COUNTRIES) {
            for zone in zones {
                assert!(TimeZone::get(zone).is_ok(), "{zone}");
            }
        }
        for (zone, mut areas) in rows(AREAS) {
            assert!(TimeZone::get(zone).is_ok(), "{zone}");
            assert!(areas.all(|area| area.len() == 3), "{zone}");
        }
    }

    #[test]
    fn every_country_of_the_numbering_plans_has_a_zone() {
        let regions = (1..1000).filter_map(|code| DATABASE.region(&code)).flatten();
        let of_no_country = |id: &str| id == "001";
        for id in regions.filter(|id| !of_no_country(id)) {
            assert!(rows(COUNTRIES).any(|(country, _)| country == id), "{id}");
        }
    }

    #[test]
    fn a_number_is_where_its_country_or_area_is() {
        for (number, expected) in [
            ("+442079460123", "Europe/London"),
            ("+4930901820", "Europe/Berlin"),
            ("+34911234567", "Europe/Madrid Atlantic/Canary"),
            ("+12125550123", "America/New_York"),
            ("+13235550123", "America/Los_Angeles"),
            ("+14805550123", "America/Phoenix"),
            ("+14165550123", "America/Toronto"),
            ("+17095550123", "America/St_Johns America/Goose_Bay"),
            ("+18765550123", "America/Jamaica"),
            ("+18005550123", USA),
            ("+18505550123", USA),
        ] {
            assert_eq!(zones_of(&number.parse().unwrap()).join(" "), expected, "{number}");
        }
        assert_eq!(zones_of(&"+870773123456".parse().unwrap()), [""; 0], "a ship is anywhere");
    }

    const USA: &str = "America/New_York America/Chicago America/Denver America/Phoenix \
                       America/Los_Angeles America/Anchorage America/Adak Pacific/Honolulu";
}
