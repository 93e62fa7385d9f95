//! Sentences of a benefits call with values drawn at random, for training a model and, from another seed, for testing it.

/// A small generator of pseudo-random numbers (Numerical Recipes' 64-bit LCG), so that a seed means the same for ever.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const DIGITS: [&str; 10] =
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
const ORDINALS: [&str; 31] = [
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
    "twenty first",
    "twenty second",
    "twenty third",
    "twenty fourth",
    "twenty fifth",
    "twenty sixth",
    "twenty seventh",
    "twenty eighth",
    "twenty ninth",
    "thirtieth",
    "thirty first",
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
const NATO: [&str; 26] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango",
    "uniform", "victor", "whiskey", "xray", "yankee", "zulu",
];
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const NAMES: [&str; 8] =
    ["jessica", "maria", "john", "david", "susan", "karen", "michael", "angela"];

fn number(n: usize) -> String {
    let joined = |head: String, rest: usize| match rest {
        0 => head,
        rest => format!("{head} {}", number(rest)),
    };
    match n {
        0..=9 => DIGITS[n].to_owned(),
        10..=19 => TEENS[n - 10].to_owned(),
        20..=99 => joined(TENS[n / 10 - 2].to_owned(), n % 10),
        100..=999 => joined(format!("{} hundred", DIGITS[n / 100]), n % 100),
        _ => joined(format!("{} thousand", number(n / 1_000)), n % 1_000),
    }
}

/// So many digits, separated by `gap`.
pub(crate) fn digits(dice: &mut Dice, count: usize, gap: &str) -> String {
    let digits: Vec<&str> = (0..count).map(|_| dice.one(&DIGITS)).collect();
    digits.join(gap)
}

pub(crate) fn date(dice: &mut Dice) -> String {
    let year = match dice.below(2) {
        0 => format!("twenty twenty {}", DIGITS[1 + dice.below(9)]),
        _ => format!("two thousand {}", number(1 + dice.below(26))),
    };
    format!("{} {} {year}", dice.one(&MONTHS), dice.one(&ORDINALS))
}

pub(crate) fn birth_date(dice: &mut Dice) -> String {
    let year = 30 + dice.below(70);
    format!("{} {} nineteen {}", dice.one(&MONTHS), dice.one(&ORDINALS), number(year))
}

pub(crate) fn dollars(dice: &mut Dice) -> String {
    let amount = match dice.below(4) {
        0 => 5 * (1 + dice.below(40)),
        1 => 1 + dice.below(9_999),
        _ => 100 * (1 + dice.below(99)),
    };
    format!("{} dollars", number(amount))
}

/// "w as in whiskey", then digits.
pub(crate) fn member_id(dice: &mut Dice, gap: &str) -> String {
    let letter = dice.below(26);
    let spelled = LETTERS.split_at(letter).1.split_at(1).0;
    format!("{spelled} as in {}{gap}{}", NATO[letter], digits(dice, 8, gap))
}

/// A sentence a payer's menu or representative may say: most of them with a value.
pub(crate) fn far_end(dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => {
            let (one, two) = (dice.one(&DIGITS), dice.one(&DIGITS));
            format!("for claims press {one} for benefits and eligibility press {two}")
        }
        1 => format!("to speak with a representative press {}", dice.one(&DIGITS)),
        2 => {
            let name = dice.one(&NAMES);
            format!("thank you for holding my name is {name} how can i help you today")
        }
        3 => format!("can i have the {} please", dice.one(&["member i d", "n p i", "tax i d"])),
        4 | 5 => format!("the policy is active effective {}", date(dice)),
        6 => format!("the coverage was terminated on {}", date(dice)),
        7 => format!("the plan is {} plan", dice.one(&["a p p o", "an h m o", "an e p o"])),
        8 => format!(
            "the {} deductible is {} and {} has been met",
            dice.one(&["individual", "family"]),
            dollars(dice),
            dollars(dice)
        ),
        9 => format!(
            "the out of pocket maximum is {} and {} has been met",
            dollars(dice),
            dollars(dice)
        ),
        10 => {
            format!("the {} copay is {}", dice.one(&["specialist", "office visit"]), dollars(dice))
        }
        11 => {
            let percent = number(5 * (1 + dice.below(12)));
            format!("the coinsurance is {percent} percent after the deductible")
        }
        12 | 13 => {
            let count = 5 + dice.below(5);
            let digits = digits(dice, count, " ");
            format!("the reference number {} {digits}", dice.one(&["is", "for this call is"]))
        }
        _ => dice.one(&FIXED).to_owned(),
    }
}

/// What a payer says without a value.
const FIXED: [&str; 30] = [
    "all representatives are busy please continue to hold your call is important to us",
    "am i speaking with a real person",
    "are you a robot",
    "can i have the patient's date of birth",
    "do not call this number again",
    "i am sorry can you repeat that please",
    "i am sorry i did not get that can you repeat the i d please",
    "i do not consent to being recorded",
    "i do not have that information",
    "is there anything else i can help you with",
    "is this a recording",
    "let me transfer you",
    "no",
    "no prior authorization is not required",
    "no that is not correct",
    "please enter your ten digit n p i number followed by the pound key",
    "please hold while i connect you to a representative",
    "sure may i have the name of your practice please",
    "thank you for calling acme health provider services",
    "thank you for calling have a great day",
    "thank you for waiting i have the account what would you like to know",
    "thank you one moment please",
    "that is correct",
    "the claim was denied because authorization was missing",
    "this call may be recorded for quality and training purposes",
    "we do not speak with automated systems",
    "what is the name of the patient",
    "yes",
    "yes prior authorization is required",
    "yes that is correct",
];

/// The agent's questions, with the word each is found by.
pub(crate) const QUESTIONS: [(&str, &str); 12] = [
    ("is the policy active", "active"),
    ("what is the effective date of the coverage", "effective"),
    ("what type of plan is it", "plan"),
    ("what is the individual deductible", "deductible"),
    ("how much of the deductible has been met", "met"),
    ("what is the out of pocket maximum", "pocket"),
    ("how much of the out of pocket maximum has been met", "pocket"),
    ("what is the specialist copay", "specialist"),
    ("what is the coinsurance", "coinsurance"),
    ("is prior authorization required", "authorization"),
    ("may i have a reference number for this call", "reference"),
    ("may i have your name please", "name"),
];

/// A sentence the agent may say.
pub(crate) fn agent_side(dice: &mut Dice) -> String {
    match dice.below(24) {
        0 => "hello this is an automated a i voice assistant calling for riverside family medicine"
            .to_owned(),
        1 => "this call is recorded and transcribed".to_owned(),
        2 => "i would like to verify medical benefits for a patient".to_owned(),
        3 => "the practice is riverside family medicine".to_owned(),
        4..=7 => format!("the member i d is {}", member_id(dice, " ")),
        8 | 9 => birth_date(dice),
        10 => format!("the date of birth is {}", birth_date(dice)),
        11 => format!("the n p i is {}", digits(dice, 10, " ")),
        12 => format!("i have {} is that correct", dollars(dice)),
        13 | 14 => {
            let count = 5 + dice.below(5);
            format!("i have the reference number {} is that correct", digits(dice, count, " "))
        }
        15 => "thank you".to_owned(),
        16 => "can you repeat that please".to_owned(),
        17 => "thank you for your help good bye".to_owned(),
        _ => QUESTIONS[dice.below(QUESTIONS.len())].0.to_owned(),
    }
}

/// `count` sentences from `seed`.
pub(crate) fn many(seed: u64, count: usize, sentence: fn(&mut Dice) -> String) -> Vec<String> {
    let mut dice = Dice::new(seed);
    (0..count).map(|_| sentence(&mut dice)).collect()
}
