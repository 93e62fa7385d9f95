//! `[speech_to_text]`, `[language_model]` and `[text_to_speech]`: which vendor has each role, and how to reach it.
//!
//! What is left out is on this machine. It says nothing about whether a vendor may be used: the register of each practice does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_compliance::policy::BeforeNotice;
use callwright_compliance::vendor::Role;
use callwright_dialplan::payer::Directory;
use callwright_prompts::{ModelBrief, Pack};
use callwright_vendors::deepgram::{Deepgram, DeepgramConfig};
use callwright_vendors::elevenlabs::{ElevenLabs, ElevenLabsConfig};
use callwright_vendors::local::Rules;
use callwright_vendors::openai::{OpenAi, OpenAiConfig};
use callwright_vendors::{
    Endpoint, LanguageModel, Secret, SpeechToText, TextToSpeech, VendorError,
};

use super::section::Section;
use super::services::StartError;
use super::{SecretSource, secret};
use crate::call::Vendors;
use crate::local_speech;

/// The id in the vendor register of the recogniser on this machine.
const LOCAL_RECOGNISER: &str = "pocketsphinx";

/// Who hears, words and speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorChoice {
    /// Hears.
    pub speech_to_text: Hears,
    /// Words.
    pub language_model: WordsTurns,
    /// Speaks.
    pub text_to_speech: Speaks,
}

/// How a hosted vendor is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Its API.
    pub base_url: String,
    /// Where its key is.
    pub key: SecretSource,
    /// The certificates to trust instead of the system's, PEM: for a server of one's own.
    pub ca_file: Option<PathBuf>,
}

/// Who hears the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hears {
    /// PocketSphinx, on this machine.
    Local,
    /// Deepgram.
    Deepgram {
        /// How to reach it.
        reach: Reach,
        /// The model.
        model: String,
    },
}

/// Who words the agent's turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordsTurns {
    /// The rule-based model, on this machine.
    Local,
    /// A model behind OpenAI's chat completions, anywhere.
    OpenAi {
        /// How to reach it.
        reach: Reach,
        /// The model.
        model: String,
    },
}

/// Who speaks the agent's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// flite, on this machine.
    Local,
    /// ElevenLabs.
    ElevenLabs {
        /// How to reach it.
        reach: Reach,
        /// The voice's id.
        voice: String,
        /// The model.
        model: String,
    },
}

impl VendorChoice {
    /// Everything on this machine.
    pub const LOCAL: VendorChoice = VendorChoice {
        speech_to_text: Hears::Local,
        language_model: WordsTurns::Local,
        text_to_speech: Speaks::Local,
    };

    /// The ids in the vendor register, by role.
    #[must_use]
    pub const fn ids(&self) -> [(Role, &'static str); 3] {
        let hears = match self.speech_to_text {
            Hears::Local => LOCAL_RECOGNISER,
            Hears::Deepgram { .. } => "deepgram",
        };
        let words = match self.language_model {
            WordsTurns::Local => "rules",
            WordsTurns::OpenAi { .. } => "openai",
        };
        let speaks = match self.text_to_speech {
            Speaks::Local => "flite",
            Speaks::ElevenLabs { .. } => "elevenlabs",
        };
        [(Role::SpeechToText, hears), (Role::LanguageModel, words), (Role::TextToSpeech, speaks)]
    }

    /// The id in the vendor register of the recogniser that hears until the notice, beside the hosted one, where `policy` keeps that one from
    /// people who were not told (rule D2). A practice whose register has the hosted one on its own machines needs no other.
    #[must_use]
    pub const fn before_notice(&self, policy: BeforeNotice) -> Option<&'static str> {
        match (policy, &self.speech_to_text) {
            (BeforeNotice::AnyRecogniser, _) | (BeforeNotice::OnPremisesOnly, Hears::Local) => None,
            (BeforeNotice::OnPremisesOnly, Hears::Deepgram { .. }) => Some(LOCAL_RECOGNISER),
        }
    }

    /// The roles whose vendor is not on this machine, nor a server of one's own with a certificate of its own.
    pub(super) fn hosted(&self) -> Vec<Role> {
        let at = |role, reach: &Reach| reach.ca_file.is_none().then_some(role);
        let hears = match &self.speech_to_text {
            Hears::Local => None,
            Hears::Deepgram { reach, .. } => at(Role::SpeechToText, reach),
        };
        let words = match &self.language_model {
            WordsTurns::Local => None,
            WordsTurns::OpenAi { reach, .. } => at(Role::LanguageModel, reach),
        };
        let speaks = match &self.text_to_speech {
            Speaks::Local => None,
            Speaks::ElevenLabs { reach, .. } => at(Role::TextToSpeech, reach),
        };
        [hears, words, speaks].into_iter().flatten().collect()
    }

    /// Where the vendor of a role has its API; `None` for one on this machine, and for the roles that are not of this choice.
    #[must_use]
    pub fn address(&self, role: Role) -> Option<&str> {
        let reach = match role {
            Role::SpeechToText => match &self.speech_to_text {
                Hears::Local => None,
                Hears::Deepgram { reach, .. } => Some(reach),
            },
            Role::LanguageModel => match &self.language_model {
                WordsTurns::Local => None,
                WordsTurns::OpenAi { reach, .. } => Some(reach),
            },
            Role::TextToSpeech => match &self.text_to_speech {
                Speaks::Local => None,
                Speaks::ElevenLabs { reach, .. } => Some(reach),
            },
            Role::Carrier
            | Role::Keys
            | Role::Storage
            | Role::Crm
            | Role::Webhook
            | Role::Traces
            | Role::Backup => None,
        };
        reach.map(|reach| reach.base_url.as_str())
    }

    /// Opens the recogniser. The local one takes seconds the first time: not on a thread that carries live audio.
    ///
    /// # Errors
    /// [`StartError::Secret`], [`StartError::Vendor`], [`StartError::File`].
    pub fn hears(
        &self,
        pack: &Pack,
        directory: &Directory,
        cache: &Path,
    ) -> Result<Arc<dyn SpeechToText>, StartError> {
        match &self.speech_to_text {
            Hears::Local => Ok(local_speech::ear(pack, cache)?),
            Hears::Deepgram { reach, model } => {
                let payers = directory.payers().map(|payer| payer.name.clone()).collect();
                let config = DeepgramConfig {
                    model: model.clone(),
                    keyterms: payers,
                    ..DeepgramConfig::default()
                };
                Ok(Arc::new(Deepgram::new(reach.endpoint("deepgram")?, config)?))
            }
        }
    }

    /// Opens the model.
    ///
    /// # Errors
    /// [`StartError::Secret`], [`StartError::Vendor`], [`StartError::File`].
    pub fn words(&self) -> Result<Arc<dyn LanguageModel>, StartError> {
        match &self.language_model {
            WordsTurns::Local => Ok(Arc::new(Rules)),
            WordsTurns::OpenAi { reach, model } => {
                let brief = ModelBrief::embedded().map_err(StartError::program)?;
                let config = OpenAiConfig::of_model(model, brief);
                Ok(Arc::new(OpenAi::new(reach.endpoint("openai")?, config)?))
            }
        }
    }

    /// Opens the voice.
    ///
    /// # Errors
    /// [`StartError::Secret`], [`StartError::Vendor`], [`StartError::File`].
    pub fn speaks(&self) -> Result<Arc<dyn TextToSpeech>, StartError> {
        match &self.text_to_speech {
            Speaks::Local => Ok(local_speech::voice()?),
            Speaks::ElevenLabs { reach, voice, model } => {
                let mut config = ElevenLabsConfig::of_voice(voice);
                config.model.clone_from(model);
                Ok(Arc::new(ElevenLabs::new(reach.endpoint("elevenlabs")?, config)?))
            }
        }
    }

    /// The recogniser on this machine that hears until the notice, where the policy keeps a hosted one from people who were not told. Where
    /// it is wanted and missing, the decision before each call refuses (rule D2), and says what to do.
    fn hears_first(
        &self,
        before_notice: BeforeNotice,
        pack: &Pack,
        cache: &Path,
    ) -> Option<Arc<dyn SpeechToText>> {
        self.before_notice(before_notice)?;
        local_speech::ear(pack, cache)
            .inspect_err(|error| tracing::warn!(%error, "no recogniser hears before the notice"))
            .ok()
    }

    /// Opens all of them.
    ///
    /// # Errors
    /// As the three of them.
    pub fn open(
        &self,
        before_notice: BeforeNotice,
        pack: &Pack,
        directory: &Directory,
        cache: &Path,
    ) -> Result<Vendors, StartError> {
        Ok(Vendors {
            speech_to_text: self.hears(pack, directory, cache)?,
            before_notice: self.hears_first(before_notice, pack, cache),
            language_model: self.words()?,
            text_to_speech: self.speaks()?,
        })
    }
}

impl Reach {
    fn endpoint(&self, vendor: &'static str) -> Result<Endpoint, StartError> {
        let open = |why: String| VendorError::Open { vendor, why };
        let key = Secret::new(std::mem::take(&mut *self.key.read()?));
        let endpoint = match &self.ca_file {
            None => Endpoint::new(&self.base_url, key),
            Some(path) => {
                let pem = std::fs::read(path).map_err(StartError::file(path))?;
                Endpoint::trusting(&self.base_url, key, &pem)
            }
        };
        Ok(endpoint.map_err(|error| open(error.to_string()))?)
    }
}

pub(super) fn speech_to_text(mut section: Section<'_>, base: &Path) -> Option<Hears> {
    let choice = match section.choice("vendor", &[("local", false), ("deepgram", true)])? {
        false => Some(Hears::Local),
        true => {
            let reach = reach(&mut section, base, Deepgram::BASE, "DEEPGRAM_API_KEY");
            let model = section.text("model", "write the model's name, as nova-3-medical");
            let model = model.unwrap_or_else(|| DeepgramConfig::MODEL.to_owned());
            reach.map(|reach| Hears::Deepgram { reach, model })
        }
    };
    section.finish();
    choice
}

pub(super) fn language_model(mut section: Section<'_>, base: &Path) -> Option<WordsTurns> {
    let choice = match section.choice("vendor", &[("local", false), ("openai", true)])? {
        false => Some(WordsTurns::Local),
        true => {
            let reach = reach(&mut section, base, OpenAi::BASE, "OPENAI_API_KEY");
            let model = section.required("model", "write the name of a model that the server has");
            reach.zip(model).map(|(reach, model)| WordsTurns::OpenAi { reach, model })
        }
    };
    section.finish();
    choice
}

pub(super) fn text_to_speech(mut section: Section<'_>, base: &Path) -> Option<Speaks> {
    let choice = match section.choice("vendor", &[("local", false), ("elevenlabs", true)])? {
        false => Some(Speaks::Local),
        true => {
            let reach = reach(&mut section, base, ElevenLabs::BASE, "ELEVENLABS_API_KEY");
            let voice = section.required("voice", "write the id of one of your voices");
            let model = section.text("model", "write the model's name, as eleven_flash_v2_5");
            let model = model.unwrap_or_else(|| ElevenLabsConfig::MODEL.to_owned());
            let both = reach.zip(voice);
            both.map(|(reach, voice)| Speaks::ElevenLabs { reach, voice, model })
        }
    };
    section.finish();
    choice
}

fn reach(section: &mut Section<'_>, base: &Path, api: &str, variable: &str) -> Option<Reach> {
    let base_url = section.text("base_url", "write the vendor's API, or leave the key out");
    let ca_file = section.text("ca_file", "write the path of a PEM file, or leave the key out");
    let mend = format!("write key_env = \"{variable}\", or key_file with a path");
    let key = secret::source(section, base, ("key_env", "key_file"), &mend);
    Some(Reach {
        base_url: base_url.unwrap_or_else(|| api.to_owned()),
        key: key?,
        ca_file: ca_file.map(|path| base.join(path)),
    })
}
