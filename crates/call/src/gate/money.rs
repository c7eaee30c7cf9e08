//! Money, without a currency: prices and caps are in the same one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of money in millionths, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let rest = format!("{rest:06}");
        let rest = rest.trim_end_matches('0');
        write!(f, "{whole}.{rest:0<2}")
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn an_amount_has_two_places_or_as_many_as_it_needs() {
        for (amount, shown) in [(0, "0.00"), (20_000_000, "20.00"), (14_000, "0.014"), (1, "0.000001")] {
            assert_eq!(Money(amount).to_string(), shown);
        }
    }
}
