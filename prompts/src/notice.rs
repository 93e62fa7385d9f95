//! Which disclosure a call has: by its class, by where the people on it may be, and by what is kept of it (rules D1, D2, D4).
//!
//! The texts and what places want of them are data of the pack, each with its source and the day on which that was read. The choice is a
//! pure function: what the class wants and what every place in question wants, together; of the texts that say all of it, the one that
//! says least besides. A place that is not known wants all that any place wants. A pack in which something may be wanted that no text
//! says is refused when it is read, so there is a choice for every call.
//!
//! It does not know who is called or where they are, and it is no legal advice: the rows are for counsel to confirm.

mod raw;

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::CallClass;
use callwright_compliance::permit::Notice;
use serde::Deserialize;

use crate::clip::{Business, ClipName, share_up_to_name};
use crate::slots::Template;

pub(crate) use raw::{RawNotices, first_sentence};

/// Something that a disclosure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// That it is an AI voice.
    AiVoice,
    /// For which registered business.
    Business,
    /// What the call is about.
    Purpose,
    /// That it is recorded.
    Recorded,
    /// That it is transcribed.
    Transcribed,
    /// That it is not a person.
    NotHuman,
    /// The business's telephone number, at the beginning already.
    CallbackNumber,
    /// It asks whether it may go on.
    AsksLeave,
}

/// Where the people on a call may be.
#[derive(Clone, Copy, Debug)]
pub enum Places<'a> {
    /// It cannot be known, as on a toll-free or a ported number.
    Unknown,
    /// In any of these, by postal code: the number's, the patient's address.
    Any(&'a [&'a str]),
}

/// The words of one disclosure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeText {
    /// Its id in the pack, as in a call's records.
    pub id: String,
    /// What it says.
    pub says: BTreeSet<Element>,
    /// The whole.
    pub disclosure: Template,
    /// What is left of it when the name had been heard.
    pub rest: Template,
    /// Its short form.
    pub short: Template,
    /// The notice at the end of the call, where the class has one (rule D4).
    pub end: Option<Template>,
    /// Regulation and section.
    pub source: String,
    /// The day on which the source was read.
    pub verified_on: String,
}

/// How much of the disclosure is to have been played beyond the estimated end of the name, as a share.
const NAME_MARGIN: f64 = 0.1;

/// The texts of one class and one way of keeping a call.
#[derive(Clone, Debug)]
struct Choice {
    /// By how much they say: the first that says enough is right.
    texts: Vec<NoticeText>,
    /// Says all that is ever wanted.
    strictest: NoticeText,
}

/// Every disclosure of a pack.
#[derive(Clone, Debug)]
pub struct Notices {
    version: String,
    payer: ByKeeping,
    test: ByKeeping,
    patient: ByKeeping,
    /// What a place wants beyond what its class wants, by class; nothing for places that were read and want nothing more.
    places: BTreeMap<String, Vec<(CallClass, BTreeSet<Element>)>>,
}

#[derive(Clone, Debug)]
struct ByKeeping {
    recorded: Choice,
    transcribed: Choice,
}

/// What every disclosure says, in its first sentence (rule D1).
pub(crate) fn base(recording: Notice) -> BTreeSet<Element> {
    let always = [Element::AiVoice, Element::Business, Element::Purpose, Element::Transcribed];
    let recorded = match recording {
        Notice::RecordedAndTranscribed => Some(Element::Recorded),
        Notice::Transcribed => None,
    };
    always.into_iter().chain(recorded).collect()
}

impl NoticeText {
    /// The words of a clip that depends on the notice; `None` for the others, and for an end that the class does not have.
    #[must_use]
    pub fn template(&self, name: ClipName) -> Option<&Template> {
        match name {
            ClipName::Disclosure => Some(&self.disclosure),
            ClipName::DisclosureRest => Some(&self.rest),
            ClipName::DisclosureShort => Some(&self.short),
            ClipName::EndNotice => self.end.as_ref(),
            ClipName::AiRefusedBye
            | ClipName::Filler
            | ClipName::IAmAutomated
            | ClipName::KillClose
            | ClipName::NeedsStaffBye
            | ClipName::PoliteEnd
            | ClipName::RecordingObjection => None,
        }
    }

    /// The clips of a call that has this notice.
    pub fn clips(&self) -> impl Iterator<Item = ClipName> + use<> {
        let end = self.end.as_ref().map(|_| ClipName::EndNotice);
        ClipName::ALL.into_iter().chain(end)
    }

    /// Which clip completes a disclosure that was cut after `played_ms` of `total_ms`: the rest where the registered name
    /// had surely been heard, else the whole again. Where in the audio the name ends is estimated by words, and a tenth
    /// of the clip is added for safety; without a length nothing counts as heard.
    #[must_use]
    pub fn disclosure_after(
        &self,
        business: &Business<'_>,
        played_ms: u32,
        total_ms: u32,
    ) -> ClipName {
        let named = share_up_to_name(&self.disclosure, business);
        let played = f64::from(played_ms) / f64::from(total_ms.max(1));
        match named {
            Some(named) if total_ms > 0 && played >= named + NAME_MARGIN => {
                ClipName::DisclosureRest
            }
            _ => ClipName::Disclosure,
        }
    }
}

impl Notices {
    /// The version of the texts, which changes with every word of them.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The disclosure of a call. Total: whatever is not known wants the strictest.
    #[must_use]
    pub fn choose(&self, class: CallClass, places: Places<'_>, recording: Notice) -> &NoticeText {
        let by_keeping = match class {
            CallClass::Payer => &self.payer,
            CallClass::Test => &self.test,
            CallClass::Patient => &self.patient,
        };
        let choice = match recording {
            Notice::RecordedAndTranscribed => &by_keeping.recorded,
            Notice::Transcribed => &by_keeping.transcribed,
        };
        let Some(wanted) = self.wanted(class, places, recording) else {
            return &choice.strictest;
        };
        let mut enough = choice.texts.iter().filter(|text| text.says.is_superset(&wanted));
        enough.next().unwrap_or(&choice.strictest)
    }

    /// What these places want together; `None` where one of them is not known, or none is given.
    fn wanted(
        &self,
        class: CallClass,
        places: Places<'_>,
        recording: Notice,
    ) -> Option<BTreeSet<Element>> {
        let Places::Any(regions) = places else {
            return None;
        };
        if regions.is_empty() {
            return None;
        }
        let mut wanted = base(recording);
        for region in regions {
            for (of, wants) in self.places.get(*region)? {
                if *of == class {
                    wanted.extend(wants);
                }
            }
        }
        Some(wanted)
    }

    /// Every text.
    pub fn iter(&self) -> impl Iterator<Item = &NoticeText> {
        let classes = [&self.payer, &self.test, &self.patient];
        classes
            .into_iter()
            .flat_map(|class| class.recorded.texts.iter().chain(&class.transcribed.texts))
    }
}

#[cfg(test)]
mod tests;
