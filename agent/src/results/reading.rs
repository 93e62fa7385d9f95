//! A value read back from its canonical text, by the kind of its question; and how it is written for people.
//!
//! A text that is not of its question's kind is kept as a text: nothing that was won is dropped because it looks odd.

use callwright_prompts::ValueKind;
use jiff::civil::Date;

use super::terms::Share;

/// A value, as its question's kind has it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reading<'a> {
    YesNo(bool),
    /// In cents.
    Money(u64),
    /// From 0 to 100. Whose share it is, the field's term says.
    Percent(u8),
    Count(u32),
    Date(Date),
    /// The value of a closed list, with the words for it.
    Choice(&'a str, &'a str),
    Text(&'a str),
}

impl<'a> Reading<'a> {
    /// Reads the canonical text that understanding writes (`Value::canonical`).
    pub(super) fn of(kind: &'a ValueKind, text: &'a str) -> Reading<'a> {
        let read = match kind {
            ValueKind::YesNo => yes_no(text).map(Reading::YesNo),
            ValueKind::Money => cents(text).map(Reading::Money),
            ValueKind::Percent | ValueKind::PlanShare => {
                let percent = whole(text).and_then(|n| u8::try_from(n).ok());
                percent.filter(|percent| *percent <= 100).map(Reading::Percent)
            }
            ValueKind::Count => whole(text).map(Reading::Count),
            ValueKind::Date => text.parse().ok().map(Reading::Date),
            ValueKind::Choice(choices) => {
                let choice = choices.iter().find(|choice| choice.value == text);
                choice.map(|choice| Reading::Choice(text, choice.spoken()))
            }
            // Their canonical text is what people read: "2 per calendar year", "12 months", "none".
            ValueKind::Frequency | ValueKind::Months | ValueKind::Name | ValueKind::Reference => {
                None
            }
        };
        read.unwrap_or(Reading::Text(text))
    }

    /// For people: `$1,500.00`, `Jan 1, 2026`, `PPO`, `Yes`; a percentage with both sides' shares where it is known whose it is.
    pub(super) fn words(self, share: Option<Share>) -> String {
        match self {
            Reading::YesNo(true) => "Yes".to_owned(),
            Reading::YesNo(false) => "No".to_owned(),
            Reading::Money(cents) => dollars(cents),
            Reading::Percent(percent) => {
                let other = 100 - percent;
                match share {
                    Some(Share::Patient) => format!("Patient pays {percent}%, plan {other}%"),
                    Some(Share::Plan) => format!("Plan pays {percent}%, patient {other}%"),
                    None => format!("{percent}%"),
                }
            }
            Reading::Count(count) => count.to_string(),
            Reading::Date(date) => date.strftime("%b %-d, %Y").to_string(),
            Reading::Choice(_, spoken) => written(spoken),
            Reading::Text(text) => text.to_owned(),
        }
    }
}

fn yes_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// Digits only: `parse` alone would take a sign.
fn whole(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `1500.00` as cents.
fn cents(text: &str) -> Option<u64> {
    let (dollars, cents) = text.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if cents.len() != 2 || !digits(dollars) || !digits(cents) {
        return None;
    }
    let dollars: u64 = dollars.parse().ok()?;
    dollars.checked_mul(100)?.checked_add(cents.parse().ok()?)
}

fn dollars(cents: u64) -> String {
    let digits = (cents / 100).to_string();
    let mut text = String::from("$");
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text}.{:02}", cents % 100)
}

/// What is spoken letter by letter is written together (`P P O`), and anything begins with a capital.
fn written(spoken: &str) -> String {
    let mut text = String::new();
    let mut after_letter = true;
    for word in spoken.split_whitespace() {
        let is_letter = word.chars().count() == 1;
        if !(text.is_empty() || after_letter && is_letter) {
            text.push(' ');
        }
        if text.is_empty() {
            let mut letters = word.chars();
            text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            text.push_str(letters.as_str());
        } else {
            text.push_str(word);
        }
        after_letter = is_letter;
    }
    text
}

#[cfg(test)]
mod tests {
    use callwright_prompts::Choice;
    use proptest::prelude::*;

    use super::*;

    fn words(kind: &ValueKind, text: &str) -> String {
        Reading::of(kind, text).words(None)
    }

    #[test]
    fn values_are_written_for_people() {
        let ppo = Choice {
            value: "ppo".to_owned(),
            words: vec!["p p o".to_owned()],
            say: "P P O".to_owned(),
        };
        let active = Choice {
            value: "active".to_owned(),
            words: vec!["active".to_owned()],
            say: String::new(),
        };
        let choice = ValueKind::Choice(vec![ppo, active]);
        for (kind, text, want) in [
            (&ValueKind::Money, "1500.00", "$1,500.00"),
            (&ValueKind::Money, "0.05", "$0.05"),
            (&ValueKind::Money, "1234567.80", "$1,234,567.80"),
            (&ValueKind::Percent, "20", "20%"),
            (&ValueKind::Count, "2", "2"),
            (&ValueKind::Date, "2026-01-01", "Jan 1, 2026"),
            (&ValueKind::YesNo, "no", "No"),
            (&choice, "ppo", "PPO"),
            (&choice, "active", "Active"),
            (&ValueKind::Reference, "749025", "749025"),
        ] {
            assert_eq!(words(kind, text), want);
        }
        let percent = Reading::of(&ValueKind::Percent, "80");
        assert_eq!(percent.words(Some(Share::Plan)), "Plan pays 80%, patient 20%");
        assert_eq!(percent.words(Some(Share::Patient)), "Patient pays 80%, plan 20%");
        assert_eq!(written("medicare advantage"), "Medicare advantage");
    }

    #[test]
    fn what_is_not_of_its_kind_is_kept_as_text() {
        let odd = [
            "",
            "-1.00",
            "+1",
            "1e3",
            "1.5",
            "101",
            "2026-02-30",
            "YES",
            "$5",
            "99999999999999999999.00",
        ];
        let none = ValueKind::Choice(Vec::new());
        for kind in
            [&ValueKind::Money, &ValueKind::Percent, &ValueKind::Date, &ValueKind::YesNo, &none]
        {
            for text in odd {
                let is_text =
                    matches!(Reading::of(kind, text), Reading::Text(kept) if kept == text);
                assert!(is_text, "{kind:?} {text}");
            }
        }
    }

    proptest! {
        #[test]
        fn money_is_read_as_it_was_written(amount in 0..u64::MAX / 100) {
            let text = format!("{}.{:02}", amount / 100, amount % 100);
            let read = Reading::of(&ValueKind::Money, &text);
            prop_assert!(matches!(read, Reading::Money(cents) if cents == amount));
            let digits: String = dollars(amount).chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(digits.parse::<u64>().unwrap(), amount);
        }
    }
}
