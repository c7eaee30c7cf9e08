//! Which country codes there are, and how many digits their numbers have.
//!
//! The library has it too, in plans that take it some 80 ms to read. To know a number from a slip of the
//! pen takes no more than this, and a gateway that starts must not wait for the rest.

/// What has a country code: a country, several, or a network that belongs to none.
pub(super) struct Country {
    pub(super) code: u16,
    /// How many digits may follow the code.
    pub(super) lengths: &'static [usize],
}

impl Country {
    /// The one whose code these digits begin with. No code begins another.
    pub(super) fn of(digits: &str) -> Option<&'static Country> {
        (1..=CODE_DIGITS_MAX).find_map(|n_digits| {
            let code: u16 = digits.get(..n_digits)?.parse().ok()?;
            let at = COUNTRIES.binary_search_by_key(&code, |country| country.code).ok()?;
            COUNTRIES.get(at).filter(|country| country.n_digits() == n_digits)
        })
    }

    /// How many digits its code has.
    pub(super) fn n_digits(&self) -> usize {
        match self.code {
            0..10 => 1,
            10..100 => 2,
            _ => CODE_DIGITS_MAX,
        }
    }
}

const fn of(code: u16, lengths: &'static [usize]) -> Country {
    Country { code, lengths }
}

/// ITU-T E.164.
const CODE_DIGITS_MAX: usize = 3;

/// By their codes. A test holds it against the library's plans, and writes it anew.
#[rustfmt::skip]
const COUNTRIES: &[Country] = &[
    of(1, &[10]),
    of(7, &[10, 14]),
    of(20, &[8, 9, 10]),
    of(27, &[5, 6, 7, 8, 9, 10]),
    of(30, &[10, 11, 12]),
    of(31, &[5, 6, 7, 8, 9, 10, 11]),
    of(32, &[8, 9]),
    of(33, &[9]),
    of(34, &[9]),
    of(36, &[8, 9]),
    of(39, &[6, 7, 8, 9, 10, 11, 12]),
    of(40, &[6, 9]),
    of(41, &[9]),
    of(43, &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    of(44, &[7, 9, 10]),
    of(45, &[8]),
    of(46, &[6, 7, 8, 9, 10]),
    of(47, &[5, 8]),
    of(48, &[6, 7, 8, 9, 10]),
    of(49, &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
    of(51, &[8, 9]),
    of(52, &[10]),
    of(53, &[6, 7, 8, 10]),
    of(54, &[10, 11]),
    of(55, &[8, 9, 10, 11]),
    of(56, &[9, 10, 11]),
    of(57, &[8, 10, 11]),
    of(58, &[10]),
    of(60, &[8, 9, 10]),
    of(61, &[5, 6, 7, 8, 9, 10, 12]),
    of(62, &[7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
    of(63, &[6, 8, 9, 10, 11, 12, 13]),
    of(64, &[5, 6, 7, 8, 9, 10]),
    of(65, &[8, 10, 11]),
    of(66, &[8, 9, 10, 13]),
    of(81, &[8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
    of(82, &[5, 6, 8, 9, 10, 11, 12, 13, 14]),
    of(84, &[7, 8, 9, 10]),
    of(86, &[7, 8, 9, 10, 11, 12]),
    of(90, &[7, 10, 12, 13]),
    of(91, &[8, 9, 10, 11, 12, 13]),
    of(92, &[8, 9, 10, 11, 12]),
    of(93, &[9]),
    of(94, &[9]),
    of(95, &[6, 7, 8, 9, 10]),
    of(98, &[4, 5, 6, 7, 10]),
    of(211, &[9]),
    of(212, &[9]),
    of(213, &[8, 9]),
    of(216, &[8]),
    of(218, &[9]),
    of(220, &[7]),
    of(221, &[9]),
    of(222, &[8]),
    of(223, &[8]),
    of(224, &[8, 9]),
    of(225, &[10]),
    of(226, &[8]),
    of(227, &[8]),
    of(228, &[8]),
    of(229, &[8, 10]),
    of(230, &[7, 8, 10]),
    of(231, &[7, 8, 9]),
    of(232, &[8]),
    of(233, &[8, 9]),
    of(234, &[10, 11, 12, 13, 14]),
    of(235, &[8]),
    of(236, &[8]),
    of(237, &[8, 9]),
    of(238, &[7]),
    of(239, &[7]),
    of(240, &[9]),
    of(241, &[7, 8]),
    of(242, &[9]),
    of(243, &[7, 8, 9, 10]),
    of(244, &[9]),
    of(245, &[7, 9]),
    of(246, &[7]),
    of(247, &[5, 6]),
    of(248, &[7]),
    of(249, &[9]),
    of(250, &[8, 9]),
    of(251, &[9]),
    of(252, &[6, 7, 8, 9]),
    of(253, &[8]),
    of(254, &[7, 8, 9, 10]),
    of(255, &[9]),
    of(256, &[9]),
    of(257, &[8]),
    of(258, &[8, 9]),
    of(260, &[9]),
    of(261, &[9]),
    of(262, &[9]),
    of(263, &[5, 6, 7, 8, 9, 10]),
    of(264, &[8, 9]),
    of(265, &[7, 9]),
    of(266, &[8]),
    of(267, &[7, 8, 10]),
    of(268, &[8, 9]),
    of(269, &[7]),
    of(290, &[4, 5]),
    of(291, &[7]),
    of(297, &[7]),
    of(298, &[6]),
    of(299, &[6]),
    of(350, &[8]),
    of(351, &[9]),
    of(352, &[4, 5, 6, 7, 8, 9, 10, 11]),
    of(353, &[7, 8, 9, 10]),
    of(354, &[7, 9]),
    of(355, &[6, 7, 8, 9]),
    of(356, &[8]),
    of(357, &[8]),
    of(358, &[5, 6, 7, 8, 9, 10, 11, 12]),
    of(359, &[6, 7, 8, 9, 12]),
    of(370, &[8]),
    of(371, &[8]),
    of(372, &[7, 8, 10]),
    of(373, &[8]),
    of(374, &[8]),
    of(375, &[6, 7, 8, 9, 10, 11]),
    of(376, &[6, 8, 9]),
    of(377, &[8, 9]),
    of(378, &[8, 10]),
    of(380, &[9, 10]),
    of(381, &[6, 7, 8, 9, 10, 11, 12]),
    of(382, &[8, 9]),
    of(383, &[8, 9, 10, 11, 12]),
    of(385, &[7, 8, 9]),
    of(386, &[5, 6, 7, 8]),
    of(387, &[8, 9]),
    of(389, &[8]),
    of(420, &[9]),
    of(421, &[6, 7, 9]),
    of(423, &[7, 9]),
    of(500, &[5]),
    of(501, &[7, 11]),
    of(502, &[8, 11]),
    of(503, &[7, 8, 11]),
    of(504, &[8, 11]),
    of(505, &[8]),
    of(506, &[8, 10]),
    of(507, &[7, 8, 10, 11]),
    of(508, &[6, 9]),
    of(509, &[8]),
    of(590, &[9]),
    of(591, &[8, 9]),
    of(592, &[7]),
    of(593, &[8, 9, 10, 11]),
    of(594, &[9]),
    of(595, &[6, 7, 8, 9, 10, 11]),
    of(596, &[9]),
    of(597, &[6, 7]),
    of(598, &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    of(599, &[7, 8]),
    of(670, &[7, 8]),
    of(672, &[6]),
    of(673, &[7]),
    of(674, &[7]),
    of(675, &[7, 8]),
    of(676, &[5, 7]),
    of(677, &[5, 7]),
    of(678, &[5, 7]),
    of(679, &[7, 11]),
    of(680, &[7]),
    of(681, &[6, 9]),
    of(682, &[5]),
    of(683, &[4, 7]),
    of(685, &[5, 6, 7, 10]),
    of(686, &[5, 8]),
    of(687, &[6]),
    of(688, &[5, 6, 7]),
    of(689, &[6, 8, 9]),
    of(690, &[4, 5, 6, 7]),
    of(691, &[7]),
    of(692, &[7]),
    of(800, &[8]),
    of(808, &[8]),
    of(850, &[8, 10]),
    of(852, &[5, 6, 7, 8, 9, 11]),
    of(853, &[7, 8]),
    of(855, &[8, 9, 10]),
    of(856, &[8, 9, 10]),
    of(870, &[9, 12]),
    of(878, &[12]),
    of(880, &[6, 7, 8, 9, 10]),
    of(881, &[9, 10]),
    of(882, &[7, 8, 9, 10, 11, 12]),
    of(883, &[8, 9, 10, 11, 12]),
    of(886, &[7, 8, 9, 10, 11]),
    of(888, &[11]),
    of(960, &[7, 10]),
    of(961, &[7, 8]),
    of(962, &[8, 9]),
    of(963, &[8, 9]),
    of(964, &[8, 9, 10]),
    of(965, &[7, 8]),
    of(966, &[9, 10]),
    of(967, &[7, 8, 9]),
    of(968, &[7, 8, 9]),
    of(970, &[8, 9, 10]),
    of(971, &[5, 6, 7, 8, 9, 10, 11, 12]),
    of(972, &[7, 8, 9, 10, 11, 12]),
    of(973, &[8]),
    of(974, &[7, 8, 9, 11]),
    of(975, &[7, 8]),
    of(976, &[8, 9, 10]),
    of(977, &[8, 10, 11]),
    of(979, &[9]),
    of(992, &[9]),
    of(993, &[8]),
    of(994, &[9]),
    of(995, &[9]),
    of(996, &[9, 10]),
    of(998, &[9]),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use phonenumber::Type;
    use phonenumber::metadata::{DATABASE, Metadata};
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Write as _;

    /// What can be called from anywhere.
    const KINDS: [Type; 9] = [
        Type::FixedLine,
        Type::Mobile,
        Type::TollFree,
        Type::PremiumRate,
        Type::SharedCost,
        Type::PersonalNumber,
        Type::Voip,
        Type::Pager,
        Type::Uan,
    ];

    fn lengths(plan: &Metadata) -> impl Iterator<Item = u16> {
        // All of the North American plan has ten digits; the library also lists what is dialled without
        // an area code.
        let fits = |length: &u16| plan.country_code() != 1 || *length == 10;
        let of = |kind| plan.descriptors().get(kind).map(|one| one.possible_length().to_vec());
        KINDS.into_iter().filter_map(of).flatten().filter(fits).collect::<Vec<_>>().into_iter()
    }

    /// `UPDATE_SNAPSHOTS=1` writes what is there by now, with a new version of the library.
    #[test]
    fn the_table_is_what_the_plans_say() {
        let mut all: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
        for code in 1..1_000 {
            for plan in DATABASE.by_code(&code).unwrap_or_default() {
                all.entry(code).or_default().extend(lengths(plan));
            }
        }
        let mut table = String::new();
        for (code, lengths) in &all {
            let lengths: Vec<String> = lengths.iter().map(u16::to_string).collect();
            writeln!(table, "    of({code}, &[{}]),", lengths.join(", ")).unwrap();
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/number/lengths.rs");
        let text = std::fs::read_to_string(path).unwrap();
        let begin = text.find("&[Country] = &[\n").unwrap() + "&[Country] = &[\n".len();
        let end = begin + text[begin..].find("];\n\n#[cfg(test)]").unwrap();
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(path, [&text[..begin], &table, &text[end..]].concat()).unwrap();
        } else {
            assert_eq!(text[begin..end], table);
        }
    }

    #[test]
    fn a_country_is_known_by_the_beginning_of_its_numbers() {
        let code = |digits| Country::of(digits).map(|country| country.code);
        assert_eq!(
            [code("12025550143"), code("442079460123"), code("35312345678")],
            [Some(1), Some(44), Some(353)]
        );
        assert_eq!([code("999123456789"), code(""), code("4"), code("0123")], [None; 4]);
    }
}
