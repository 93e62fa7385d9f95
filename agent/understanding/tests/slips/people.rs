//! Made-up people, and the ways in which what identifies them is said on the telephone.

use crate::draw::Draw;

/// What a planted thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    Name,
    Relative,
    Speaker,
    Spelled,
    Mail,
    Address,
    Date,
    Number,
}

/// A thing that is said in a call.
pub(crate) struct Planted {
    pub(crate) sort: Sort,
    /// Whether the call knows it.
    pub(crate) known: bool,
    pub(crate) value: String,
    /// The utterances that say it.
    pub(crate) said: Vec<String>,
}

/// The patient of a call.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) member_id: String,
    pub(crate) date_of_birth: String,
    pub(crate) ssn: String,
}

const FIRST: &[&str] = &[
    "maria",
    "zebulon",
    "grace",
    "hope",
    "faith",
    "mark",
    "will",
    "bill",
    "may",
    "april",
    "june",
    "mike",
    "victor",
    "anne-marie",
    "jean-luc",
    "siobhan",
    "nguyen",
    "xiomara",
    "d'angelo",
    "bo",
    "rich",
    "pat",
    "sue",
    "dawn",
    "chase",
    "precious",
    "destiny",
    "earl",
    "art",
    "frank",
];

const LAST: &[&str] = &[
    "quackenbush",
    "o'brien",
    "garcia-lopez",
    "de la cruz",
    "van der berg",
    "mcnamara",
    "st james",
    "price",
    "long",
    "young",
    "brown",
    "kowalska",
    "oyelaran",
    "smith-jones",
    "al-rashid",
    "goodwin",
    "bush",
    "stone",
    "banks",
    "wells",
    "day",
    "cook",
    "hill",
    "nguyen",
    "ramirez",
    "thibodeaux",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Person {
    pub(crate) fn draw(draw: &mut Draw) -> Person {
        let letter = |draw: &mut Draw| char::from(b'A' + u8::try_from(draw.below(26)).unwrap_or(0));
        let mut member_id: String = (0..draw.below(4)).map(|_| letter(draw)).collect();
        let count = 8 + usize::try_from(draw.below(4)).unwrap_or(0);
        member_id.push_str(&draw.digits(count));
        Person { name: name(draw), member_id, date_of_birth: date(draw), ssn: draw.digits(9) }
    }

    /// What the call knows, with nothing said of it.
    pub(crate) fn known(&self) -> Vec<Planted> {
        let known = |sort, value: &str| Planted {
            sort,
            known: true,
            value: value.to_owned(),
            said: Vec::new(),
        };
        vec![
            known(Sort::Name, &self.name),
            known(Sort::Number, &self.member_id),
            known(Sort::Number, &self.ssn),
            known(Sort::Date, &self.date_of_birth),
        ]
    }

    /// Says one thing, the patient's or somebody else's.
    #[expect(clippy::too_many_lines, reason = "one short arm for each sort of thing")]
    pub(crate) fn plant(&self, draw: &mut Draw) -> Planted {
        let known = draw.chance(55);
        let sort = match draw.below(16) {
            0..=5 => Sort::Number,
            6..=8 => Sort::Date,
            9..=10 => Sort::Name,
            11 => Sort::Relative,
            12 => Sort::Speaker,
            13 => Sort::Spelled,
            14 => Sort::Mail,
            _ => Sort::Address,
        };
        match sort {
            Sort::Number => self.number(draw, known),
            Sort::Date => {
                let value = if known { self.date_of_birth.clone() } else { date(draw) };
                let leads = [
                    "the date of birth is",
                    "born",
                    "i have",
                    "effective",
                    "and that is",
                    "dob",
                    "she was born on",
                ];
                let words = date_said(draw, &value);
                let said = vec![framed(draw, &leads, &words)];
                Planted { sort, known, value, said }
            }
            Sort::Name => {
                let value = if known { self.name.clone() } else { name(draw) };
                let said = name_said(draw, &value);
                let said = vec![framed(
                    draw,
                    &[
                        "the patient is named",
                        "the members name is",
                        "her name is",
                        "i have",
                        "mr",
                        "mrs",
                        "the name is",
                    ],
                    &said,
                )];
                Planted { sort, known, value, said }
            }
            Sort::Relative => {
                let value = (*draw.pick(FIRST)).to_owned();
                let said = vec![framed(
                    draw,
                    &[
                        "the subscribers son",
                        "her daughter",
                        "the dependent is named",
                        "husband",
                        "his wife is",
                        "the child is named",
                    ],
                    &value,
                )];
                Planted { sort, known: false, value, said }
            }
            Sort::Speaker => {
                let value = (*draw.pick(FIRST)).to_owned();
                let text = match draw.below(4) {
                    0 => format!("{value} speaking how can i help"),
                    1 => format!("this is {value} how may i help you"),
                    2 => format!("thank you for calling my name is {value}"),
                    _ => format!("you are speaking with {value}"),
                };
                Planted { sort, known: false, value, said: vec![text] }
            }
            Sort::Spelled => {
                let value = if known { self.name.clone() } else { name(draw) };
                let letters: String =
                    value.chars().filter(char::is_ascii_alphabetic).take(9).collect();
                let words = spelled(draw, &letters);
                let said =
                    vec![framed(draw, &["that is spelled", "it is", "last name", ""], &words)];
                Planted { sort, known, value: letters, said }
            }
            Sort::Mail => {
                let (first, last) = (
                    *draw.pick(&["maria", "john", "grace", "hope"]),
                    *draw.pick(&["price", "long", "kowalska", "bush"]),
                );
                let value = format!("{first}.{last}@mail.com");
                let said = match draw.below(3) {
                    0 => vec![format!("the email is {value}")],
                    1 => vec![format!("email {first} dot {last} at mail dot com please")],
                    _ => vec![format!("it is {first} dot {last} at care dot org")],
                };
                Planted { sort, known: false, value, said }
            }
            Sort::Address => {
                let number = 100 + draw.below(900);
                let figures = number.to_string();
                let street = *draw.pick(&["main", "oak", "river", "north high", "second"]);
                let end = *draw.pick(&["street", "avenue", "road", "lane", "drive"]);
                let spoken = match draw.below(3) {
                    0 => figures.clone(),
                    1 => in_words(&figures, "zero"),
                    _ => pairs(&figures),
                };
                let said = vec![format!("the address is {spoken} {street} {end}")];
                Planted { sort, known: false, value: format!("{figures} {street}"), said }
            }
        }
    }

    fn number(&self, draw: &mut Draw, known: bool) -> Planted {
        let value = match (known, draw.below(3)) {
            (true, 0) => self.ssn.clone(),
            (true, _) => self.member_id.clone(),
            (false, _) => {
                let count = 6 + usize::try_from(draw.below(6)).unwrap_or(0);
                draw.digits(count)
            }
        };
        let leads = [
            "the member id is",
            "reference number",
            "the id is",
            "i have",
            "that is",
            "her number is",
            "the confirmation number for this call is",
            "social",
            "okay so",
        ];
        let said = match draw.below(8) {
            0 => {
                // In pieces, with words between, or in utterances of their own.
                let halves = value.len() / 3 + 1;
                let mut pieces = Vec::new();
                for part in value.as_bytes().chunks(halves) {
                    pieces.push(number_said(draw, std::str::from_utf8(part).unwrap_or_default()));
                }
                let between = *draw.pick(&[
                    " and then ",
                    " okay then ",
                    " and also ",
                    " next is ",
                    " followed by ",
                ]);
                if draw.chance(50) {
                    vec![framed(draw, &leads, &pieces.join(between))]
                } else {
                    pieces
                }
            }
            _ => {
                let text = number_said(draw, &value);
                vec![framed(draw, &leads, &text)]
            }
        };
        Planted { sort: Sort::Number, known, value, said }
    }
}

fn framed(draw: &mut Draw, leads: &[&str], what: &str) -> String {
    let after =
        *draw.pick(&["", " okay", " please", " is that right", " for the record", " thank you"]);
    format!("{} {what}{after}", draw.pick(leads)).trim().to_owned()
}

fn name(draw: &mut Draw) -> String {
    format!("{} {}", draw.pick(FIRST), draw.pick(LAST))
}

fn name_said(draw: &mut Draw, name: &str) -> String {
    match draw.below(4) {
        0 => name.to_owned(),
        1 => name.replace(['-', '\''], " "),
        2 => name.replace(['-', '\''], ""),
        _ => name.split(' ').rev().collect::<Vec<_>>().join(" "),
    }
}

fn date(draw: &mut Draw) -> String {
    let (year, month, day) = (1930 + draw.below(80), 1 + draw.below(12), 1 + draw.below(28));
    format!("{year:04}-{month:02}-{day:02}")
}

fn date_said(draw: &mut Draw, date: &str) -> String {
    let (year, month, day) = (&date[0..4], &date[5..7], &date[8..10]);
    let m: usize = month.parse().unwrap_or(1);
    let d: usize = day.parse().unwrap_or(1);
    let name = MONTHS[m - 1];
    let year_words = if &year[2..3] == "0" && &year[..2] == "20" {
        format!("two thousand {}", small(year[3..].parse().unwrap_or(1)))
    } else {
        format!(
            "{} {}",
            small(year[..2].parse().unwrap_or(19)),
            small(year[2..].parse().unwrap_or(50))
        )
    };
    let first = ordinal(d);
    match draw.below(14) {
        0 => format!("{name} {first} {year_words}"),
        1 => format!("the {first} of {name} {year_words}"),
        2 => format!("{m}/{d}/{year}"),
        3 => format!("{m}/{d}/{}", &year[2..]),
        4 => format!("{name} {d}, {year}"),
        5 => format!("{year}-{month}-{day}"),
        6 => format!("{} {} {year_words}", small(m), small(d)),
        7 => format!("{} {} {}", small(m), small(d), small(year[2..].parse().unwrap_or(50))),
        8 => format!("{d} {name} {year}"),
        9 => format!("{year_words} {name} {first}"),
        10 => format!("{month}{day}{year}"),
        11 => format!("{name} the {first} of {year_words}"),
        12 => format!("{}-{}-{year}", m, d),
        _ => format!("{month}.{day}.{year}"),
    }
}

fn ordinal(day: usize) -> String {
    const UNITS: [&str; 20] = [
        "",
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
    ];
    match day {
        1..=19 => UNITS[day].to_owned(),
        20 => "twentieth".to_owned(),
        _ => format!("twenty {}", UNITS[day - 20]),
    }
}

const UNITS: [&str; 20] = [
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

fn small(n: usize) -> String {
    match n {
        0..=19 => UNITS[n].to_owned(),
        _ if n.is_multiple_of(10) => TENS[n / 10].to_owned(),
        _ => format!("{} {}", TENS[n / 10], UNITS[n % 10]),
    }
}

/// Each character by itself.
fn in_words(text: &str, zero: &str) -> String {
    let word = |c: char| match c.to_digit(10) {
        Some(0) => zero.to_owned(),
        Some(n) => UNITS[n as usize].to_owned(),
        None => c.to_lowercase().to_string(),
    };
    text.chars().map(word).collect::<Vec<_>>().join(" ")
}

/// Digits two by two: "forty one, two".
fn pairs(text: &str) -> String {
    let mut out = Vec::new();
    let letters: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
    if !letters.is_empty() {
        out.push(in_words(&letters, "oh"));
    }
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    for pair in digits.chunks(2) {
        let text: String = pair.iter().collect();
        out.push(if pair.len() == 2 && pair[0] != '0' {
            small(text.parse().unwrap_or(10))
        } else {
            in_words(&text, "oh")
        });
    }
    out.join(" ")
}

fn number_said(draw: &mut Draw, value: &str) -> String {
    match draw.below(11) {
        0 => in_words(value, "zero"),
        1 => in_words(value, "oh"),
        2 => pairs(value),
        3 => value.to_owned(),
        4 => value.chars().map(String::from).collect::<Vec<_>>().join(" "),
        5 => value.chars().map(String::from).collect::<Vec<_>>().join("-"),
        6 => doubled(value),
        7 => in_words(value, "oh").replace(' ', ", "),
        8 => spelled(draw, value),
        9 => {
            let chunks: Vec<String> = value
                .as_bytes()
                .chunks(3)
                .map(|c| String::from_utf8_lossy(c).into_owned())
                .collect();
            chunks.join(" ")
        }
        _ => thousands(value),
    }
}

/// "Double seven" where a digit comes twice.
fn doubled(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let word = in_words(&chars[at].to_string(), "oh");
        if chars.get(at + 1) == Some(&chars[at]) && chars[at].is_ascii_digit() {
            out.push(format!("double {word}"));
            at += 2;
        } else {
            out.push(word);
            at += 1;
        }
    }
    out.join(" ")
}

/// The words of the international spelling alphabet.
pub(crate) const NATO: [&str; 26] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango",
    "uniform", "victor", "whiskey", "xray", "yankee", "zulu",
];
/// Words that people spell with.
pub(crate) const HOME: [&str; 26] = [
    "apple", "boy", "cat", "dog", "edward", "frank", "george", "house", "ice", "john", "king",
    "larry", "mary", "nancy", "open", "peter", "queen", "robert", "sam", "tom", "under", "victor",
    "water", "xray", "young", "zebra",
];

/// Letters with words that begin with them, figures as figures.
fn spelled(draw: &mut Draw, text: &str) -> String {
    let style = draw.below(6);
    let word = |c: char| {
        let lower = c.to_ascii_lowercase();
        if !lower.is_ascii_lowercase() {
            return in_words(&c.to_string(), "zero");
        }
        let place = usize::from(lower as u8 - b'a');
        match style {
            0 => lower.to_string(),
            1 => format!("{lower} as in {}", HOME[place]),
            2 => format!("{lower} like {}", HOME[place]),
            3 => format!("{lower} for {}", HOME[place]),
            4 => NATO[place].to_owned(),
            _ => format!("{lower} {}", HOME[place]),
        }
    };
    text.chars().map(word).collect::<Vec<_>>().join(" ")
}

/// Four digits at a time as a number: "four thousand seven hundred twenty nine".
fn thousands(value: &str) -> String {
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    let mut out = Vec::new();
    for chunk in digits.chunks(4) {
        let n: usize = chunk.iter().collect::<String>().parse().unwrap_or(0);
        if chunk.len() < 4 || chunk[0] == '0' {
            out.push(in_words(&chunk.iter().collect::<String>(), "oh"));
            continue;
        }
        let mut words = format!("{} thousand", small(n / 1000));
        if n % 1000 / 100 > 0 {
            words.push_str(&format!(" {} hundred", small(n % 1000 / 100)));
        }
        if !n.is_multiple_of(100) {
            words.push_str(&format!(" {}", small(n % 100)));
        }
        out.push(words);
    }
    out.join(" ")
}
