//! Products and quotients of decimals.
//!
//! `oxsdatatypes` gives none where what comes between needs more than 128 bits: a product that is not exact, a quotient of
//! two long decimals. Here digits beyond the 18th behind the point are cut off, as XPath Functions 3.1 section 4.2 lets
//! an implementation do; there is no result only if it does not fit, or for a divisor of zero.

use oxsdatatypes::Decimal;

/// A decimal is this many units.
const ONE: u128 = 1_000_000_000_000_000_000;
const DIGITS: u32 = 18;

pub fn multiply(left: Decimal, right: Decimal) -> Option<Decimal> {
    left.checked_mul(right).or_else(|| {
        let [(a, is_a_negative), (b, is_b_negative)] = [left, right].map(units);
        let ((whole_a, part_a), (whole_b, part_b)) = ((a / ONE, a % ONE), (b / ONE, b % ONE));
        let product = whole_a
            .checked_mul(whole_b)?
            .checked_mul(ONE)?
            .checked_add(whole_a.checked_mul(part_b)?)?
            .checked_add(part_a.checked_mul(whole_b)?)?
            .checked_add(part_a * part_b / ONE)?;
        of_units(product, is_a_negative != is_b_negative)
    })
}

pub fn divide(left: Decimal, right: Decimal) -> Option<Decimal> {
    left.checked_div(right).or_else(|| {
        let [(a, is_a_negative), (b, is_b_negative)] = [left, right].map(units);
        let (mut quotient, mut rest) = (a.checked_div(b)?, a % b);
        for _ in 0..DIGITS {
            // Ten times the rest is added up, since it may have more bits than there are.
            let (mut digit, mut tenfold) = (0, 0);
            for _ in 0..10 {
                tenfold += rest;
                if tenfold >= b {
                    tenfold -= b;
                    digit += 1;
                }
            }
            rest = tenfold;
            quotient = quotient.checked_mul(10)?.checked_add(digit)?;
        }
        of_units(quotient, is_a_negative != is_b_negative)
    })
}

/// Magnitude, and whether it is negative.
fn units(decimal: Decimal) -> (u128, bool) {
    let units = i128::from_be_bytes(decimal.to_be_bytes());
    (units.unsigned_abs(), units < 0)
}

fn of_units(magnitude: u128, is_negative: bool) -> Option<Decimal> {
    let units = i128::try_from(magnitude).ok()?;
    let units = if is_negative { -units } else { units };
    Some(Decimal::from_be_bytes(units.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn digits_that_do_not_fit_are_cut_off() {
        let quotient = divide(
            decimal("1666.833333333333333333"),
            decimal("571.528571428571428571"),
        );
        assert_eq!(quotient, Some(decimal("2.91644795494121862")));
        assert_eq!(
            multiply(decimal("-5.716196136701337295"), decimal("1.5")),
            Some(decimal("-8.574294205052005942"))
        );
        assert_eq!(divide(decimal("1.5"), decimal("0")), None);
        let large = decimal("170141183460469231731.6");
        assert_eq!(divide(large, decimal("0.100000000000000001")), None);
        assert_eq!(multiply(large, decimal("1.000000000000000001")), None);
    }

    proptest! {
        /// What is left is less than one unit of the other.
        #[test]
        fn quotients_and_products_undo_each_other(a in any::<i64>(), b in 1..i64::MAX, shift in 0..18u32) {
            let scaled = |value: i64| {
                Decimal::from_be_bytes((i128::from(value) * 10_i128.pow(shift)).to_be_bytes())
            };
            let (a, b) = (scaled(a), scaled(b));
            if let Some(quotient) = divide(a, b) && let Some(product) = multiply(quotient, b) {
                let [(a, is_negative), (product, _), (b, _)] = [a, product, b].map(units);
                prop_assert!(product <= a, "{is_negative}");
                // The quotient lost less than a unit, so that the product lost less than the divisor in units, and one.
                prop_assert!(a - product <= b / ONE + 2);
            }
        }
    }
}
