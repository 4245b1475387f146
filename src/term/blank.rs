//! Labels of blank nodes: printed from the number, and read back where a typed term carries one
//! (definition 10).

use std::fmt::Write;

/// Appends the label of blank node `number`.
pub fn blank_label(number: u64, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(out, "b{number:x}");
}

/// The number of a label that [`blank_label`] made.
pub fn parse_blank_label(label: &str) -> Option<u64> {
    let digits = label.strip_prefix('b')?;
    let canonical = !digits.is_empty()
        && (digits == "0" || !digits.starts_with('0'))
        && digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    canonical.then(|| u64::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn labels_read_back(number in any::<u64>(), other in "b[0-9a-fA-F+]{0,4}") {
            let mut label = String::new();
            blank_label(number, &mut label);
            prop_assert_eq!(parse_blank_label(&label), Some(number));
            if let Some(number) = parse_blank_label(&other) {
                label.clear();
                blank_label(number, &mut label);
                prop_assert_eq!(label, other);
            }
        }
    }
}
