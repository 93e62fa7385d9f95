//! What a reader could make out of covered text, read with tables of its own.
//!
//! It knows nothing of the coverer: digits are read from figures, from words and from words that sound like them, names by their letters.

use crate::people::{HOME, NATO, Planted, Sort};

/// So many digits of a number in a row give it away.
const DIGITS: usize = 4;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether these lines let the planted thing be seen.
pub(crate) fn sees(lines: &[String], planted: &Planted) -> bool {
    let lines: Vec<Vec<String>> = lines.iter().map(|line| words(line)).collect();
    match planted.sort {
        Sort::Name | Sort::Relative | Sort::Speaker => {
            lines.iter().any(|line| sees_name(line, &planted.value))
        }
        Sort::Spelled => lines.iter().any(|line| sees_spelled(line, &planted.value)),
        Sort::Mail => {
            let local: String = planted.value.split('@').next().unwrap_or_default().to_owned();
            lines
                .iter()
                .any(|line| local.split('.').any(|part| line.iter().any(|word| word == part)))
        }
        Sort::Address => {
            let number: String = planted.value.split(' ').next().unwrap_or_default().to_owned();
            lines
                .iter()
                .any(|line| digits(line).windows(number.len()).any(|w| w == number.as_bytes()))
        }
        Sort::Date => lines.iter().any(|line| sees_date(line, &planted.value)),
        Sort::Number => {
            let value: Vec<u8> = planted.value.bytes().filter(u8::is_ascii_digit).collect();
            let together: Vec<u8> = lines.iter().flat_map(|line| digits(line)).collect();
            has_row(&together, &value)
        }
    }
}

fn has_row(seen: &[u8], value: &[u8]) -> bool {
    value.windows(DIGITS).any(|part| seen.windows(DIGITS).any(|row| row == part))
}

/// Lower-case words and figures, without what was covered.
fn words(line: &str) -> Vec<String> {
    let plain = line.to_lowercase().replace("{}", " | ");
    let parts = plain.split(|c: char| !c.is_alphanumeric() && c != '|' && c != '\'');
    parts.map(|part| part.replace('\'', "")).filter(|part| !part.is_empty()).collect()
}

fn sees_name(line: &[String], name: &str) -> bool {
    let parts = words(name);
    // A particle alone says nothing.
    let telling = parts.iter().filter(|part| part.len() > 3 || parts.len() == 1);
    telling.clone().any(|part| line.contains(part))
        || line.windows(2).any(|pair| telling.clone().any(|part| pair.concat() == **part))
}

fn sees_spelled(line: &[String], name: &str) -> bool {
    let name: String = words(name).concat();
    // Letters with whatever stands between them, but for what was covered; and the first letters of words that spell.
    let letters = |word: &String| (word.len() == 1).then(|| word.clone());
    let initials = |word: &String| {
        let spells = NATO.contains(&word.as_str()) || HOME.contains(&word.as_str()) || word == "|";
        spells.then(|| word.chars().take(1).collect::<String>())
    };
    let rows: [String; 2] =
        [line.iter().filter_map(letters).collect(), line.iter().filter_map(initials).collect()];
    rows.iter().any(|row| {
        name.as_bytes().windows(3).any(|part| row.as_bytes().windows(3).any(|seen| seen == part))
    })
}

/// The month beside the day, or the year beside either, or all of it in figures.
fn sees_date(line: &[String], date: &str) -> bool {
    let (year, month, day) = (&date[0..4], &date[5..7], &date[8..10]);
    let month_name = MONTHS[month.parse::<usize>().unwrap_or(1) - 1];
    let day_number: u64 = day.parse().unwrap_or(1);
    let near = |at: usize| &line[at.saturating_sub(4)..(at + 5).min(line.len())];
    let told = line.iter().enumerate().any(|(at, word)| {
        let is_month = word.starts_with(month_name) && (word.len() > 3 || word != "may");
        is_month
            && (near(at).iter().any(|w| ordinal(w) == Some(day_number)) || {
                let seen = digits(near(at));
                seen.windows(day.len()).any(|row| row == day.as_bytes())
            })
    });
    let short = |part: &str| part.trim_start_matches('0').to_owned();
    let seen = digits(line);
    let forms = [
        format!("{month}{day}{year}"),
        format!("{year}{month}{day}"),
        format!("{}{}{year}", short(month), short(day)),
        format!("{}{}{year}", short(day), short(month)),
        format!("{}{}{}", short(month), short(day), &year[2..]),
        format!("{month}{day}{}", &year[2..]),
    ];
    let figures = forms
        .iter()
        .filter(|form| form.len() >= DIGITS)
        .any(|form| seen.windows(form.len()).any(|row| row == form.as_bytes()));
    told || figures || seen.windows(4).any(|row| row == year.as_bytes())
}

fn ordinal(word: &str) -> Option<u64> {
    const ALL: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    if let Some(place) = ALL.iter().position(|each| *each == word) {
        return u64::try_from(place).ok().map(|place| place + 1);
    }
    let figures: String = word.chars().take_while(char::is_ascii_digit).collect();
    let rest = word.get(figures.len()..)?;
    matches!(rest, "st" | "nd" | "rd" | "th").then(|| figures.parse().ok()).flatten()
}

/// The digits that a reader gets out of the words; what was covered, breaks a row.
fn digits(line: &[String]) -> Vec<u8> {
    const UNITS: [&str; 10] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    const TEENS: [&str; 10] = [
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
    const TENS: [&str; 8] =
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    const SOUNDS: [(&str, u8); 9] = [
        ("oh", b'0'),
        ("o", b'0'),
        ("won", b'1'),
        ("to", b'2'),
        ("too", b'2'),
        ("for", b'4'),
        ("fore", b'4'),
        ("ate", b'8'),
        ("niner", b'9'),
    ];
    let mut out: Vec<u8> = Vec::new();
    let mut times = 1;
    let mut after_tens = false;
    let mut last_was_figure = false;
    for (at, word) in line.iter().enumerate() {
        let place = |list: &[&str]| list.iter().position(|each| each == word);
        let mut new: Vec<u8> = Vec::new();
        let tens = place(&TENS);
        if let Some(unit) = place(&UNITS) {
            if after_tens && unit > 0 {
                out.pop();
            }
            new.push(b'0' + u8::try_from(unit).unwrap_or(0));
        } else if let Some(teen) = place(&TEENS) {
            new.extend([b'1', b'0' + u8::try_from(teen).unwrap_or(0)]);
        } else if let Some(tens) = tens {
            new.extend([b'2' + u8::try_from(tens).unwrap_or(0), b'0']);
        } else if word.bytes().all(|b| b.is_ascii_digit())
            || word.bytes().any(|b| b.is_ascii_digit())
        {
            new.extend(word.bytes().filter(u8::is_ascii_digit));
        } else if let Some((_, figure)) = SOUNDS.iter().find(|(sound, _)| sound == word) {
            // "For" is a figure only beside figures.
            let next = line.get(at + 1).is_some_and(|next| UNITS.contains(&next.as_str()));
            if last_was_figure || next {
                new.push(*figure);
            }
        }
        if word == "|" {
            out.push(b'|');
        }
        if let Some(more) = ["double", "triple"].iter().position(|each| each == word) {
            times = more + 2;
            continue;
        }
        last_was_figure = !new.is_empty();
        for _ in 0..times {
            out.extend(&new);
        }
        times = 1;
        after_tens = tens.is_some();
    }
    out.retain(|byte| *byte != b'|');
    out
}
