//! Words as a recogniser gives them, brought to one form so that a map's keywords and a prompt can be compared.

/// Lower case, without punctuation; figures as words; a run of single letters ("n p i") also as one word ("npi").
pub(crate) fn normalise<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut run = String::new();
    for word in words {
        let word: String =
            word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (None, _) => {}
            (Some(letter), None) if letter.is_alphabetic() => run.push(letter),
            _ => {
                flush(&mut run, &mut out);
                out.push(figure(&word).map_or(word, str::to_owned));
            }
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut String, out: &mut Vec<String>) {
    if !run.is_empty() {
        out.push(std::mem::take(run));
    }
}

fn figure(word: &str) -> Option<&'static str> {
    Some(match word {
        "0" => "zero",
        "1" => "one",
        "2" => "two",
        "3" => "three",
        "4" => "four",
        "5" => "five",
        "6" => "six",
        "7" => "seven",
        "8" => "eight",
        "9" => "nine",
        "10" => "ten",
        _ => return None,
    })
}

/// Whether two words are close enough for a slip of the recogniser: one letter added, dropped or changed, in words of
/// five letters or more ("claim" and "claims").
pub(super) fn near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() < 5 || long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (mut left, mut right) = (short.iter().skip(same), long.iter().skip(same));
    right.next();
    if short.len() == long.len() {
        left.next();
    }
    left.eq(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_join_and_figures_become_words() {
        let words = normalise(["Enter,", "your", "10", "digit", "N", "P", "I", "number."]);
        assert_eq!(words, ["enter", "your", "ten", "digit", "npi", "number"]);
        assert_eq!(normalise(["n.p.i.", "--", ""]), ["npi"]);
    }

    #[test]
    fn near_forgives_one_letter_in_long_words() {
        for (a, b) in [
            ("claim", "claims"),
            ("benefits", "benefit"),
            ("press1", "press2"),
            ("elegibility", "eligibility"),
        ] {
            assert!(near(a, b), "{a} {b}");
            assert!(near(b, a), "{b} {a}");
        }
        for (a, b) in [
            ("one", "ones"),
            ("nine", "line"),
            ("benefits", "benef"),
            ("press", "pears"),
            ("thank", "can"),
        ] {
            assert!(!near(a, b), "{a} {b}");
        }
    }
}
