//! Whole numbers, money, percent and counts in words, American style (no "and" before the tens).

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 7] = [
    (1_000_000_000_000_000_000, "quintillion"),
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
    (100, "hundred"),
];

/// A whole number: 1500 is "one thousand five hundred".
#[must_use]
pub fn number(n: u64) -> String {
    for (scale, name) in SCALES {
        if n >= scale {
            let head = number(n / scale);
            let rest = n % scale;
            return if rest == 0 {
                format!("{head} {name}")
            } else {
                format!("{head} {name} {}", number(rest))
            };
        }
    }
    below_hundred(n)
}

fn below_hundred(n: u64) -> String {
    let word = |table: &'static [&'static str], place: u64| {
        usize::try_from(place).ok().and_then(|place| table.get(place)).copied().unwrap_or_default()
    };
    if n < 20 {
        return word(&SMALL, n).to_owned();
    }
    let tens = word(&TENS, n / 10);
    if n.is_multiple_of(10) { tens.to_owned() } else { format!("{tens} {}", word(&SMALL, n % 10)) }
}

/// An amount in cents: 150050 is "one thousand five hundred dollars and fifty cents".
#[must_use]
pub fn money(cents: u64) -> String {
    let (dollars, cents) = (cents / 100, cents % 100);
    let unit = |n: u64, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    let whole = format!("{} {}", number(dollars), unit(dollars, "dollar", "dollars"));
    let part = format!("{} {}", number(cents), unit(cents, "cent", "cents"));
    match (dollars, cents) {
        (_, 0) => whole,
        (0, _) => part,
        (_, _) => format!("{whole} and {part}"),
    }
}

/// Whole percent: 20 is "twenty percent".
#[must_use]
pub fn percent(percent: u8) -> String {
    format!("{} percent", number(u64::from(percent)))
}

/// A number of things: 20 is "twenty".
#[must_use]
pub fn count(n: u32) -> String {
    number(u64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_said_the_american_way() {
        let table = [
            (0, "zero"),
            (7, "seven"),
            (13, "thirteen"),
            (20, "twenty"),
            (42, "forty two"),
            (100, "one hundred"),
            (119, "one hundred nineteen"),
            (1_500, "one thousand five hundred"),
            (2_200, "two thousand two hundred"),
            (10_001, "ten thousand one"),
            (1_000_000, "one million"),
            (305_017, "three hundred five thousand seventeen"),
        ];
        for (n, words) in table {
            assert_eq!(number(n), words);
        }
        assert!(number(u64::MAX).starts_with("eighteen quintillion four hundred"));
    }

    #[test]
    fn money_names_dollars_and_cents_and_minds_the_singular() {
        let table = [
            (0, "zero dollars"),
            (1, "one cent"),
            (100, "one dollar"),
            (150_000, "one thousand five hundred dollars"),
            (4_050, "forty dollars and fifty cents"),
            (101, "one dollar and one cent"),
        ];
        for (cents, words) in table {
            assert_eq!(money(cents), words);
        }
        assert_eq!(percent(20), "twenty percent");
        assert_eq!(count(6), "six");
    }

    /// Reads the words back, to show that nothing is lost.
    fn value(words: &str) -> u64 {
        let (mut total, mut group) = (0_u64, 0_u64);
        for word in words.split(' ') {
            if let Some(n) = SMALL.iter().position(|each| *each == word) {
                group += n as u64;
            } else if let Some(n) = TENS.iter().position(|each| *each == word) {
                group += 10 * n as u64;
            } else if word == "hundred" {
                group *= 100;
            } else {
                let (scale, _) = SCALES.into_iter().find(|(_, name)| *name == word).unwrap();
                total += group * scale;
                group = 0;
            }
        }
        total + group
    }

    proptest! {
        #[test]
        fn every_number_can_be_read_back(n in any::<u64>(), small in 0_u64..2_000_000) {
            prop_assert_eq!(value(&number(n)), n);
            prop_assert_eq!(value(&number(small)), small);
        }
    }
}
