//! The fixed clips: disclosures and the sentences that compliance owns.
//!
//! A clip is chosen by id and its words come from the pack, never from a model (rules D1 and D3). Its only slots are the
//! practice's registered name and its call-back number, so that a clip can be synthesised once and kept, and no clip
//! can hold anything about a patient. This module does not know when a clip is due: the gate and the core do.

use callwright_compliance::gate::ClipKind;

use crate::slots::{Piece, Template, Token};

/// The words a second of English at 165 words a minute holds; the rule by which clip lengths are judged without audio.
pub const WORDS_PER_S: f64 = 2.75;

/// The longest first sentence that a person is asked to hear before the agent may do anything else, seconds (rule D1;
/// menus and representatives leave an input window of a few seconds only).
pub const FIRST_SENTENCE_MAX_S: f64 = 6.0;

/// The fixed clips, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClipName {
    /// A machine declined by the far end says good-bye.
    AiRefusedBye,
    /// First words to every new person: AI voice, registered name, purpose, recorded and transcribed (rule D1).
    Disclosure,
    /// What is left of the disclosure when the name had been heard before it was interrupted.
    DisclosureRest,
    /// The disclosure in its shortest form, which is played without being interruptible.
    DisclosureShort,
    /// Something short while a reply is being prepared.
    Filler,
    /// The truthful answer to "are you a robot?" (rule D3).
    IAmAutomated,
    /// The kill switch ends a running call with this (rule I1).
    KillClose,
    /// The notice at the end of a call to a patient (rule D4).
    EndNotice,
    /// The call needs a person of the practice: the agent says so and ends it.
    NeedsStaffBye,
    /// The call ends early without fault of the far end.
    PoliteEnd,
    /// The recording has been stopped at the far end's wish (rule D2).
    RecordingObjection,
}

impl ClipName {
    /// Every clip that every call has, in the order of the keys. A call to a patient has [`ClipName::EndNotice`], too.
    pub const ALL: [ClipName; 10] = [
        ClipName::AiRefusedBye,
        ClipName::Disclosure,
        ClipName::DisclosureRest,
        ClipName::DisclosureShort,
        ClipName::Filler,
        ClipName::IAmAutomated,
        ClipName::KillClose,
        ClipName::NeedsStaffBye,
        ClipName::PoliteEnd,
        ClipName::RecordingObjection,
    ];

    /// Its key in `disclosures.toml`, or its name where its words are in `notices.toml`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            ClipName::AiRefusedBye => "ai_refused_bye",
            ClipName::Disclosure => "disclosure",
            ClipName::DisclosureRest => "disclosure_rest",
            ClipName::DisclosureShort => "disclosure_short",
            ClipName::EndNotice => "end_notice",
            ClipName::Filler => "filler",
            ClipName::IAmAutomated => "i_am_automated",
            ClipName::KillClose => "kill_close",
            ClipName::NeedsStaffBye => "needs_staff_bye",
            ClipName::PoliteEnd => "polite_end",
            ClipName::RecordingObjection => "recording_objection",
        }
    }

    /// The clip of this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<ClipName> {
        ClipName::ALL.into_iter().find(|name| name.key() == key)
    }

    /// What the gate takes the clip for. The call-back number is no compliance clip of the gate's: it is said to someone
    /// who has heard the disclosure, so it passes like any other word.
    #[must_use]
    pub fn kind(self) -> ClipKind {
        match self {
            ClipName::AiRefusedBye => ClipKind::AiRefusedBye,
            ClipName::Filler => ClipKind::Filler,
            ClipName::Disclosure => ClipKind::Disclosure,
            ClipName::DisclosureRest => ClipKind::DisclosureRest,
            ClipName::DisclosureShort => ClipKind::DisclosureShort,
            ClipName::EndNotice => ClipKind::EndNotice,
            ClipName::IAmAutomated => ClipKind::IAmAutomated,
            ClipName::KillClose => ClipKind::KillClose,
            ClipName::NeedsStaffBye => ClipKind::NeedsStaffBye,
            ClipName::PoliteEnd => ClipKind::PoliteEnd,
            ClipName::RecordingObjection => ClipKind::RecordingObjection,
        }
    }

    /// Whether its words depend on the call's class and place: they are in the chosen [`crate::NoticeText`].
    #[must_use]
    pub const fn is_of_notice(self) -> bool {
        match self {
            ClipName::Disclosure
            | ClipName::DisclosureRest
            | ClipName::DisclosureShort
            | ClipName::EndNotice => true,
            ClipName::AiRefusedBye
            | ClipName::Filler
            | ClipName::IAmAutomated
            | ClipName::KillClose
            | ClipName::NeedsStaffBye
            | ClipName::PoliteEnd
            | ClipName::RecordingObjection => false,
        }
    }

    /// What the clip's words have to hold, whatever else a pack says in it.
    pub(crate) fn needs(self) -> &'static [Token] {
        match self {
            ClipName::IAmAutomated => &[Token::Business],
            // 47 CFR 64.1200(b)(2): the business's own number, during or after the call. The kill switch alone has no time for it.
            ClipName::AiRefusedBye | ClipName::NeedsStaffBye | ClipName::PoliteEnd => {
                &[Token::CallbackNumber]
            }
            ClipName::Disclosure
            | ClipName::DisclosureRest
            | ClipName::DisclosureShort
            | ClipName::EndNotice
            | ClipName::Filler
            | ClipName::KillClose
            | ClipName::RecordingObjection => &[],
        }
    }
}

/// What a clip may say about the practice. Neither value is about a patient.
#[derive(Clone, Copy, Debug)]
pub struct Business<'a> {
    /// The name under which the business is registered (47 CFR 64.1200(b)(1)).
    pub registered_name: &'a str,
    /// The business's own call-back number in words: see [`crate::spoken::phone`].
    pub callback_spoken: &'a str,
}

impl Business<'_> {
    /// Fills in a clip's template. A checked pack holds no other token than these two in a clip; with any other, nothing
    /// would be said rather than something made up.
    pub(crate) fn fill(&self, template: &Template) -> String {
        let words = template.render(|token| match token == Token::Business {
            true => Some(self.registered_name.to_owned()),
            false => (token == Token::CallbackNumber).then(|| self.callback_spoken.to_owned()),
        });
        words.unwrap_or_default()
    }
}

impl From<ClipKind> for ClipName {
    fn from(kind: ClipKind) -> ClipName {
        match kind {
            ClipKind::AiRefusedBye => ClipName::AiRefusedBye,
            ClipKind::Disclosure => ClipName::Disclosure,
            ClipKind::DisclosureRest => ClipName::DisclosureRest,
            ClipKind::DisclosureShort => ClipName::DisclosureShort,
            ClipKind::EndNotice => ClipName::EndNotice,
            ClipKind::Filler => ClipName::Filler,
            ClipKind::IAmAutomated => ClipName::IAmAutomated,
            ClipKind::KillClose => ClipName::KillClose,
            ClipKind::NeedsStaffBye => ClipName::NeedsStaffBye,
            ClipKind::PoliteEnd => ClipName::PoliteEnd,
            ClipKind::RecordingObjection => ClipName::RecordingObjection,
        }
    }
}

/// How much of a clip has been said when its registered name has, as a share of its words. `None` where it names nobody.
pub(crate) fn share_up_to_name(template: &Template, business: &Business<'_>) -> Option<f64> {
    let mut before = 0;
    let mut up_to_name = None;
    for piece in template.pieces() {
        before += match piece {
            Piece::Literal(words) => spoken_words(words),
            Piece::Token(Token::Business) => spoken_words(business.registered_name),
            Piece::Token(_) => spoken_words(business.callback_spoken),
        };
        if *piece == Piece::Token(Token::Business) {
            up_to_name = up_to_name.or(Some(before));
        }
    }
    up_to_name.map(|named| f64::from(named) / f64::from(before.max(1)))
}

/// Words as they count in speech: letters named one after another ("A I") are one word.
fn spoken_words(text: &str) -> u32 {
    let mut count = 0;
    let mut after_letter = false;
    for word in text.split_whitespace() {
        let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
        let is_letter = letters.next().is_some_and(|c| c.is_ascii_uppercase());
        let is_letter = is_letter && letters.next().is_none();
        if word.chars().any(char::is_alphanumeric) && !(is_letter && after_letter) {
            count += 1;
        }
        after_letter = is_letter;
    }
    count
}

/// How much of these words their first sentence is, as a share; 1 where there is no other.
#[must_use]
pub fn share_of_first_sentence(text: &str) -> f64 {
    let first = crate::notice::first_sentence(text);
    f64::from(spoken_words(first)) / f64::from(spoken_words(text).max(1))
}

/// How long a first sentence may take to say where the registered name is longer than three words, ms: a registered name is never
/// shortened, so each further word of it adds what a word takes.
#[must_use]
pub fn first_sentence_max_ms(max_ms: u32, registered_name: &str) -> u32 {
    let more = spoken_words(registered_name).saturating_sub(3);
    let more_ms = (f64::from(more) / WORDS_PER_S * 1_000.0).round();
    // A name is a few words long; what does not fit is as long as can be.
    max_ms.saturating_add(u32::try_from(more_ms as u64).unwrap_or(u32::MAX))
}

/// How long the words take to say at [`WORDS_PER_S`], seconds. An estimate for checks; the audio's own length rules.
#[must_use]
pub fn estimated_s(text: &str) -> f64 {
    f64::from(spoken_words(text)) / WORDS_PER_S
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::{NoticeText, Places};
    use crate::pack::Pack;
    use callwright_compliance::CallClass;
    use callwright_compliance::permit::Notice;

    const RIVERSIDE: Business<'static> = Business {
        registered_name: "Riverside Family Medicine",
        callback_spoken: "six one four, two zero zero, zero one three four",
    };

    /// The notice of a recorded call to a payer.
    fn notice(pack: &Pack) -> &NoticeText {
        let recorded = Notice::RecordedAndTranscribed;
        pack.notices().choose(CallClass::Payer, Places::Unknown, recorded)
    }

    fn text(name: ClipName) -> String {
        let pack = Pack::embedded().unwrap();
        pack.clip_text(notice(&pack), name, &RIVERSIDE)
    }

    #[test]
    fn the_keys_and_the_gates_kinds_lead_back_to_the_clip() {
        for name in ClipName::ALL {
            assert_eq!(ClipName::from_key(name.key()), Some(name));
            assert_eq!(ClipName::from(name.kind()), name);
        }
        assert_eq!(ClipName::from_key("sales_pitch"), None);
    }

    #[test]
    fn the_first_words_say_who_what_why_and_that_it_is_recorded() {
        let text = text(ClipName::Disclosure);
        for part in
            ["A I voice", "Riverside Family Medicine", "recorded", "transcribed", "benefits"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches('.').count(), 1, "one sentence: {text}");
    }

    #[test]
    fn the_first_sentence_fits_six_seconds_with_a_name_of_three_words() {
        // The rule is 2.75 words a second; every further word of the name adds 0.36 s, and a registered name is never
        // shortened, so a long one runs over by that much.
        let three = estimated_s(&text(ClipName::Disclosure));
        assert!(three <= FIRST_SENTENCE_MAX_S, "{three}");
        let long = Business {
            registered_name: "North Central Ohio Pediatric and Adolescent Medicine Associates",
            ..RIVERSIDE
        };
        let pack = Pack::embedded().unwrap();
        let eight = estimated_s(&pack.clip_text(notice(&pack), ClipName::Disclosure, &long));
        assert!((eight - three - 5.0 / WORDS_PER_S).abs() < 1e-9, "{eight}");
        assert!(eight > FIRST_SENTENCE_MAX_S);
        assert_eq!(first_sentence_max_ms(6_000, RIVERSIDE.registered_name), 6_000);
        assert_eq!(first_sentence_max_ms(6_000, long.registered_name), 6_000 + 1_818);
    }

    #[test]
    fn a_question_about_being_a_robot_is_answered_truthfully() {
        let text = text(ClipName::IAmAutomated);
        assert!(text.starts_with("Yes."), "{text}");
        assert!(text.contains("A I voice") && text.contains("not a person"), "{text}");
    }

    #[test]
    fn the_rest_is_enough_only_once_the_name_was_heard() {
        let pack = Pack::embedded().unwrap();
        let notice = notice(&pack);
        // "This is an A I voice for Riverside Family Medicine": nine of sixteen words.
        let after = |played, total| notice.disclosure_after(&RIVERSIDE, played, total);
        assert_eq!(after(3_300, 6_000), ClipName::Disclosure);
        assert_eq!(after(4_200, 6_000), ClipName::DisclosureRest);
        assert_eq!(after(0, 0), ClipName::Disclosure);
        assert_eq!(share_of_first_sentence("One two three. Four?"), 0.75);
    }

    #[test]
    fn named_letters_in_a_row_count_as_one_word() {
        assert_eq!(spoken_words("This is an A I voice."), 5);
        assert_eq!(spoken_words("I am, - here"), 3);
        assert_eq!(spoken_words(""), 0);
    }
}
