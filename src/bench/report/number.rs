//! Numbers as people read them.

/// For a table: four digits, and all digits of what is 1,000 or more.
pub fn exact(number: f64) -> String {
    match number.abs() {
        n if !n.is_finite() => "-".to_owned(),
        n if n >= 999.95 => grouped(number),
        n => digits(number, n, 4),
    }
}

/// For a chart: three digits, thousands and more by a letter.
pub fn short(number: f64) -> String {
    let size = number.abs();
    if size < 999.5 {
        return digits(number, size, 3);
    }
    if size < 9_999.5 {
        return grouped(number);
    }
    let (unit, letter) = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        .into_iter()
        .find(|(unit, _)| size >= unit * 0.9995)
        .unwrap_or((1.0, ""));
    let scaled = number / unit;
    format!("{}{letter}", digits(scaled, scaled.abs(), 3))
}

/// For a mark of an axis, where zeros at the end say nothing.
pub fn mark(number: f64) -> String {
    let text = short(number);
    let letter = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let number = &text[..text.len() - letter.len()];
    match number.contains('.') && !letter.starts_with('e') {
        true => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number}{letter}")
        }
        false => text,
    }
}

/// How many times as good.
pub fn ratio(ratio: f64) -> String {
    format!("{}\u{D7}", digits(ratio, ratio, 3))
}

/// `n thing` or `n things`.
pub fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// Of a number whose absolute value is `size`.
fn digits(number: f64, size: f64, count: usize) -> String {
    if size == 0.0 {
        return "0".to_owned();
    }
    if size < 1e-4 {
        return format!("{number:.*e}", count - 1);
    }
    // Rounding may add a digit before the point: 9.996 is 10.0, not 10.00.
    let magnitude = size.log10().floor();
    let rounded = size + 0.5 * 10f64.powf(magnitude - count as f64 + 1.0);
    let before = rounded.log10().floor() as i32 + 1;
    let after = (count as i32 - before).max(0) as usize;
    format!("{number:.after$}")
}

/// A whole number with a comma between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0.0 {
        text.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_are_worth_reading() {
        let cases = [
            (0.0, "0", "0", "0"),
            (0.012_344, "0.01234", "0.0123", "0.0123"),
            (0.5, "0.5000", "0.500", "0.5"),
            (9.9996, "10.00", "10.0", "10"),
            (123.456, "123.5", "123", "123"),
            (999.96, "1,000", "1,000", "1,000"),
            (1_234.4, "1,234", "1,234", "1,234"),
            (12_345.0, "12,345", "12.3k", "12.3k"),
            (20_000.0, "20,000", "20.0k", "20k"),
            (999_960.0, "999,960", "1.00M", "1M"),
            (1_234_567.0, "1,234,567", "1.23M", "1.23M"),
            (0.000_012, "1.200e-5", "1.20e-5", "1.20e-5"),
        ];
        for (number, in_table, in_chart, on_axis) in cases {
            assert_eq!(exact(number), in_table);
            assert_eq!(short(number), in_chart);
            assert_eq!(mark(number), on_axis);
        }
        assert_eq!(exact(f64::NAN), "-");
        assert_eq!(ratio(0.7123), "0.712\u{D7}");
        assert_eq!(ratio(1234.5), "1234\u{D7}");
        assert_eq!(counted(1, "query"), "1 query");
    }
}
