//! What chance decides in the tests of covering: numbers from a seed, and the errors of a recogniser.

/// A small generator of numbers: the same seed, the same people.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = self.below(list.len() as u64);
        &list[usize::try_from(place).unwrap_or(0)]
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }

    /// The errors of a recogniser: one word in twelve is lost, doubled, merged with the next or taken for another.
    pub(crate) fn garble(&mut self, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let word = words[at];
            match self.below(60) {
                0 => {}
                1 => out.extend([word.to_owned(), word.to_owned()]),
                2 if at + 1 < words.len() => {
                    at += 1;
                    out.push(format!("{word}{}", words[at]));
                }
                3 => out.extend(["um".to_owned(), word.to_owned()]),
                4..=12 => out.push(same_sound(word).to_owned()),
                _ => out.push(word.to_owned()),
            }
            at += 1;
        }
        out.join(" ")
    }
}

fn same_sound(word: &str) -> &str {
    match word {
        "two" => "to",
        "four" => "for",
        "eight" => "ate",
        "one" => "won",
        "zero" => "oh",
        "oh" => "o",
        "nine" => "niner",
        "five" => "fife",
        "six" => "sics",
        "three" => "tree",
        other => other,
    }
}
