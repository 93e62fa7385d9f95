//! What a model may never say, by class, and how a sentence is held against it.
//!
//! Two lists decide. A sentence that one of the *patterns* fits is refused, under the pattern's class. And whatever a sentence says of
//! the speaker ("I …", "we …", "my …", "our …") is refused unless one of the *own* patterns fits it: what a caller about benefits says of
//! itself is little, and what it may not say of itself has no end.
//!
//! A pattern is words apart by spaces: `a|b` is either, `?a` may be missing, `stem~` is every word that begins so, `*2` is up to two
//! words, whatever they are. Sentences are read in lower case, contractions written out, and words that were pulled apart put together.
//! Letters of other alphabets, figures and marks are not looked at here: whoever speaks the words refuses them.
//!
//! It does not prove that a sentence is harmless. How much it misses, and how much it refuses for nothing, is measured by the tests of
//! `callwright-vendors` on sentences that were not made from these lists.

use serde::Deserialize;

/// What is refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A claim to be a person, or that no machine speaks (rule D3).
    Humanity,
    /// A claim about the recording (rule D2).
    Recording,
    /// Consent, permission or an order on somebody's behalf.
    Consent,
    /// A promise, a commitment or a payment.
    Commitment,
    /// Medical or legal advice.
    Advice,
    /// Asks the far end to go elsewhere, or says that another number or key will be dialled (rules N4, V3).
    Elsewhere,
    /// Gives the model's instructions away, or another part to play.
    Instructions,
    /// A transfer, or another person on the line (rule D1).
    Transfer,
    /// Says of the speaker what no caller about benefits says of itself.
    Own,
}

impl Class {
    /// Every class, in the order of declaration.
    pub const ALL: [Class; 9] = [
        Class::Humanity,
        Class::Recording,
        Class::Consent,
        Class::Commitment,
        Class::Advice,
        Class::Elsewhere,
        Class::Instructions,
        Class::Transfer,
        Class::Own,
    ];

    /// The stable name, for metrics and for `model.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Class::Humanity => "humanity",
            Class::Recording => "recording",
            Class::Consent => "consent",
            Class::Commitment => "commitment",
            Class::Advice => "advice",
            Class::Elsewhere => "elsewhere",
            Class::Instructions => "instructions",
            Class::Transfer => "transfer",
            Class::Own => "own",
        }
    }
}

/// What stands in a sentence for the value of a token.
pub const VALUE: &str = "{}";

/// Contractions, and what they stand for. Apostrophes are left out.
const CONTRACTIONS: &[(&str, &str)] = &[
    ("aint", "am not"),
    ("arent", "are not"),
    ("cant", "can not"),
    ("cannot", "can not"),
    ("couldnt", "could not"),
    ("didnt", "did not"),
    ("doesnt", "does not"),
    ("dont", "do not"),
    ("gonna", "going to"),
    ("hasnt", "has not"),
    ("havent", "have not"),
    ("hes", "he is"),
    ("im", "i am"),
    ("isnt", "is not"),
    ("itll", "it will"),
    ("its", "it is"),
    ("ive", "i have"),
    ("lemme", "let me"),
    ("lets", "let us"),
    ("nobodys", "nobody is"),
    ("shes", "she is"),
    ("shouldnt", "should not"),
    ("thats", "that is"),
    ("theres", "there is"),
    ("theyll", "they will"),
    ("theyre", "they are"),
    ("wanna", "want to"),
    ("wasnt", "was not"),
    ("werent", "were not"),
    ("weve", "we have"),
    ("whats", "what is"),
    ("wont", "will not"),
    ("wouldnt", "would not"),
    ("yall", "you all"),
    ("youd", "you would"),
    ("youll", "you will"),
    ("youre", "you are"),
    ("youve", "you have"),
];

/// Contractions whose apostrophe tells them from other words: "I'll" from "ill", "we're" from "were".
const WITH_APOSTROPHE: &[(&str, &str)] = &[
    ("he'll", "he will"),
    ("i'd", "i would"),
    ("i'll", "i will"),
    ("she'll", "she will"),
    ("we'd", "we would"),
    ("we'll", "we will"),
    ("we're", "we are"),
];

/// Letters that are one word when they stand together.
const ACRONYMS: &[(&[&str], &str)] = &[
    (&["n", "p", "i"], "npi"),
    (&["d", "o", "b"], "dob"),
    (&["a", "i"], "ai"),
    (&["i", "d"], "id"),
];

/// Words by which a speaker speaks of itself.
const SELF: &[&str] = &["i", "mine", "my", "myself", "our", "ours", "ourselves", "we"];

/// Marks that end a sentence, or as much as end it.
const ENDS: [char; 6] = ['.', '?', '!', ';', ':', '\u{2026}'];

/// Words that turn what follows into a question: "may I", "did we".
const ASKING: &[&str] =
    &["am", "can", "could", "did", "do", "have", "may", "might", "should", "would"];

/// One place of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One of these words, and whether it may be missing.
    Words { any: Vec<Wanted>, optional: bool },
    /// Up to so many words, whatever they are.
    Gap(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Word(String),
    Stem(String),
}

impl Wanted {
    fn fits(&self, word: &str) -> bool {
        match self {
            Wanted::Word(wanted) => word == wanted,
            Wanted::Stem(stem) => word.starts_with(stem.as_str()),
        }
    }
}

/// A row of words, some of them open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

impl Pattern {
    /// Reads a pattern; `None` for one that would fit nothing, or everything.
    #[must_use]
    pub fn parse(text: &str) -> Option<Pattern> {
        let mut parts = Vec::new();
        let mut fixed = false;
        for piece in text.split(' ') {
            if let Some(words) = piece.strip_prefix('*') {
                let most = words.parse().ok().filter(|most| (1..=6).contains(most))?;
                parts.push(Part::Gap(most));
                continue;
            }
            let (optional, list) = match piece.strip_prefix('?') {
                Some(list) => (true, list),
                None => (false, piece),
            };
            let any = list.split('|').map(wanted).collect::<Option<Vec<Wanted>>>()?;
            fixed |= !optional;
            parts.push(Part::Words { any, optional });
        }
        let ends = |part: Option<&Part>| matches!(part, Some(Part::Words { .. }));
        (fixed && ends(parts.first()) && ends(parts.last())).then_some(Pattern(parts))
    }

    /// Whether the words from `at` on begin with it.
    fn fits_at(&self, words: &[String], at: usize) -> bool {
        fits(&self.0, words, at)
    }

    fn fits_anywhere(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.fits_at(words, at))
    }
}

fn wanted(text: &str) -> Option<Wanted> {
    let (word, is_stem) = match text.strip_suffix('~') {
        Some(stem) => (stem, true),
        None => (text, false),
    };
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    if word == VALUE && !is_stem {
        return Some(Wanted::Word(word.to_owned()));
    }
    let of = if is_stem { Wanted::Stem } else { Wanted::Word };
    plain.then(|| of(word.to_owned()))
}

fn fits(parts: &[Part], words: &[String], at: usize) -> bool {
    let Some((part, rest)) = parts.split_first() else { return true };
    match part {
        Part::Gap(most) => (0..=*most).any(|skip| fits(rest, words, at + skip)),
        Part::Words { any, optional } => {
            let here = words.get(at).is_some_and(|word| any.iter().any(|each| each.fits(word)));
            here && fits(rest, words, at + 1) || *optional && fits(rest, words, at)
        }
    }
}

/// The lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexicon {
    never: Vec<(Class, Pattern)>,
    own: Vec<Pattern>,
}

impl Lexicon {
    /// The lexicon of these lists.
    #[must_use]
    pub fn new(never: Vec<(Class, Pattern)>, own: Vec<Pattern>) -> Lexicon {
        Lexicon { never, own }
    }

    /// What in these words may not be said: the class of the first pattern that fits.
    #[must_use]
    pub fn finds(&self, said: &Said) -> Option<Class> {
        let pulled = said.put_together();
        let hit = |words: &[String]| {
            let rule = self.never.iter().find(|(_, pattern)| pattern.fits_anywhere(words));
            rule.map(|(class, _)| *class)
        };
        hit(&said.words)
            .or_else(|| pulled.as_deref().and_then(hit))
            .or_else(|| self.says_of_itself(said).then_some(Class::Own))
    }

    /// Whether the words say something of the speaker that no own pattern fits. What may still go on is not judged yet.
    fn says_of_itself(&self, said: &Said) -> bool {
        let words = said.words.as_slice();
        words.iter().enumerate().any(|(at, word)| {
            SELF.contains(&word.as_str())
                && !self
                    .own
                    .iter()
                    .any(|pattern| pattern.fits_at(words, at) || could_fit(&pattern.0, words, at))
                && !is_asked(said, at)
        })
    }
}

/// "May I have", "could we get": what follows is asked for, and not said. Not across the end of a sentence: "What do you have? We pay."
fn is_asked(said: &Said, at: usize) -> bool {
    let word = |at: usize| said.words.get(at).map(String::as_str);
    let before = at.checked_sub(1).filter(|_| !said.ends.contains(&at)).and_then(word);
    let pronoun = matches!(word(at), Some("i" | "we"));
    pronoun && before.is_some_and(|word| ASKING.contains(&word))
}

/// Whether the words end before the pattern does, and fit as far as they go: a piece of a turn ends in the middle of a sentence.
fn could_fit(parts: &[Part], words: &[String], at: usize) -> bool {
    if at >= words.len() {
        return true;
    }
    let Some((part, rest)) = parts.split_first() else { return true };
    match part {
        Part::Gap(most) => (0..=*most).any(|skip| could_fit(rest, words, at + skip)),
        Part::Words { any, optional } => {
            let here = words.get(at).is_some_and(|word| any.iter().any(|each| each.fits(word)));
            here && could_fit(rest, words, at + 1) || *optional && could_fit(rest, words, at)
        }
    }
}

/// The words of a turn so far, in their plain form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    words: Vec<String>,
    /// How many words had been said at the end of each sentence. Patterns of what may never be said go across an end.
    ends: Vec<usize>,
}

impl Said {
    /// Nothing was said yet.
    #[must_use]
    pub fn new() -> Said {
        Said::default()
    }

    /// The words so far, contractions written out; [`VALUE`] where a value stands.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Adds the words of a text.
    pub fn add(&mut self, text: &str) {
        let lower: String = text.to_lowercase().replace('\u{2019}', "'");
        for sentence in lower.split_inclusive(ENDS) {
            sentence
                .split(|c: char| !c.is_alphabetic() && c != '\'')
                .for_each(|word| self.add_word(word));
            if sentence.ends_with(ENDS) && self.ends.last() != Some(&self.words.len()) {
                self.ends.push(self.words.len());
            }
        }
    }

    fn add_word(&mut self, word: &str) {
        let bare: String = word.chars().filter(|c| *c != '\'').collect();
        let known = |table: &[(&str, &'static str)], word: &str| {
            table.iter().find(|(from, _)| *from == word).map(|(_, to)| *to)
        };
        let whole = known(WITH_APOSTROPHE, word).or_else(|| known(CONTRACTIONS, &bare));
        match whole {
            Some(words) => self.words.extend(words.split(' ').map(str::to_owned)),
            None if bare.is_empty() => {}
            None => self.words.push(bare),
        }
        self.join_acronym();
    }

    /// "I D" is no "I".
    fn join_acronym(&mut self) {
        let ends = |letters: &[&str]| {
            let from = self.words.len().checked_sub(letters.len());
            from.filter(|from| {
                self.words.iter().skip(*from).map(String::as_str).eq(letters.iter().copied())
            })
        };
        if let Some((from, whole)) = ACRONYMS.iter().find_map(|(l, whole)| Some((ends(l)?, *whole)))
        {
            self.words.truncate(from);
            self.words.push(whole.to_owned());
            // The stops of "I. D." end nothing.
            self.ends.retain(|end| *end <= from);
        }
    }

    /// A value stands here: no pattern goes across it.
    pub fn add_value(&mut self) {
        self.words.push(VALUE.to_owned());
    }

    /// The words with those put together that were pulled apart: letters that stand alone, and short pieces. `None` where none were.
    fn put_together(&self) -> Option<Vec<String>> {
        const APART: &[(&str, &str)] = &[
            ("con", "sent"),
            ("hu", "man"),
            ("hum", "an"),
            ("ma", "chine"),
            ("per", "son"),
            ("pro", "mise"),
            ("pro", "mpt"),
            ("rec", "orded"),
            ("ro", "bot"),
            ("trans", "fer"),
        ];
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        let mut changed = false;
        while let Some(word) = self.words.get(at) {
            let letters = self.words.iter().skip(at).take_while(|word| word.len() == 1).count();
            let next = self.words.get(at + 1).map_or("", String::as_str);
            if letters >= 3 {
                // "I am a h u m a n": the article before the letters may be one of them, or not.
                let row = self.words.iter().skip(at).take(letters);
                let all: String = row.map(String::as_str).collect();
                let article = all.starts_with(['a', 'i']);
                match all.get(1..).filter(|_| article && letters > 3) {
                    Some(rest) => out.extend([word.clone(), rest.to_owned()]),
                    None => out.push(all),
                }
                at += letters;
                changed = true;
            } else if APART.contains(&(word.as_str(), next)) {
                out.push(format!("{word}{next}"));
                at += 2;
                changed = true;
            } else {
                out.push(word.clone());
                at += 1;
            }
        }
        changed.then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        let mut said = Said::new();
        said.add(text);
        Pattern::parse(pattern).unwrap().fits_anywhere(&said.words)
    }

    #[test]
    fn patterns_fit_what_they_say() {
        for (pattern, text, want) in [
            ("i am ?a|an human|person", "Well, I'm a human.", true),
            ("i am ?a|an human|person", "I am human", true),
            ("i am ?a|an human|person", "I am the human", false),
            ("promis~ to", "she promised to come", true),
            ("you *2 person", "you are a person", true),
            ("you *1 person", "you are a person", false),
            ("i will pay", "I'll pay", true),
            ("i will pay", "ill pay", false),
        ] {
            assert_eq!(fits(pattern, text), want, "{pattern} in {text}");
        }
        for pattern in ["", "*2", "?a", "a *9 b", "a *2", "*2 a", "A", "a  b", "ca-t", "~"] {
            assert!(Pattern::parse(pattern).is_none(), "{pattern:?} is no pattern");
        }
    }

    #[test]
    fn words_that_were_pulled_apart_are_put_together() {
        let together = |text: &str| {
            let mut said = Said::new();
            said.add(text);
            said.put_together().map(|words| words.join(" "))
        };
        assert_eq!(together("I am h u m a n").as_deref(), Some("i am human"));
        assert_eq!(together("I am a h-u-m-a-n").as_deref(), Some("i am a human"));
        assert_eq!(together("I am a hu man").as_deref(), Some("i am a human"));
        assert_eq!(together("the member I D"), None);
    }

    #[test]
    fn what_is_said_of_the_speaker_must_be_listed() {
        let own = ["i have a question", "i am calling", "our office"];
        let own = own.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let lexicon = Lexicon::new(Vec::new(), own);
        let finds = |text: &str| {
            let mut said = Said::new();
            said.add(text);
            lexicon.finds(&said)
        };
        for text in
            ["I have a question", "Could I get that?", "I have", "our office is open", "so I am"]
        {
            assert_eq!(finds(text), None, "{text}");
        }
        for text in ["I have a dog", "our treat", "my name is Jane"] {
            assert_eq!(finds(text), Some(Class::Own), "{text}");
        }
    }

    #[test]
    fn a_question_ends_with_its_sentence() {
        let lexicon = crate::ModelBrief::embedded().unwrap().never.lexicon;
        let finds = |pieces: &[&str]| {
            let mut said = Said::new();
            pieces.iter().for_each(|piece| said.add(piece));
            lexicon.finds(&said)
        };
        for text in [
            "What else do you have? We cover everything and pay all claims.",
            "Tell me what you have. We give the whole amount.",
            "Say what you can; I take the cost.",
            "Say it as you would! We stand for all of it.",
        ] {
            assert!(finds(&[text]).is_some(), "{text}");
        }
        assert_eq!(finds(&["What else do you have?", " We cover everything."]), Some(Class::Own));
        assert_eq!(finds(&["And the copay. May we", " get that?"]), None);
        assert_eq!(finds(&["Is that the member I. D. on file?"]), None);
        // What may never be said is not said by putting a stop into it.
        assert_eq!(finds(&["Rest. Assured."]), Some(Class::Commitment));
    }
}
