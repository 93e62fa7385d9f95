//! The decoder's settings and how PocketSphinx takes them. It does not check that numbers are wise, only their form.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

use super::OpenError;
use crate::flite::Voice;
use crate::model::Model;

/// Coefficients a frame of the acoustic model has.
const CEPSTRA: usize = 13;

/// Cepstral mean normalisation: what the mean spectrum of voice and line is taken to be before anything was heard. It
/// matters most for the first utterance; later ones use what was learnt. The values given here are means that the decoder
/// came to by itself over mu-law and [`crate::wideband::Widener`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cmn(pub [f32; CEPSTRA]);

impl Cmn {
    /// For flite's rms.
    pub const RMS_ON_TELEPHONE: Cmn = Cmn([
        48.77, 2.49, 9.39, 18.67, 8.73, -3.32, 12.26, -14.89, -14.71, 3.73, -1.15, 10.07, -0.05,
    ]);
    /// For flite's slt.
    pub const SLT_ON_TELEPHONE: Cmn =
        Cmn([48.41, 3.82, 7.27, 17.48, 7.70, -9.15, 10.36, -5.33, 6.49, 9.83, -5.68, 15.12, 4.26]);
}

/// How to decode.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderConfig {
    /// Weight of the language model against the sound (`-lw`). The more, the more a common sentence drowns a rare one: with
    /// rms 8 mends first utterances that begin with "thank you", with slt it spoils dates that begin one.
    pub language_weight: f32,
    /// Probability paid for every word (`-wip`): lower hears fewer, longer words.
    pub word_insertion: f64,
    /// Probability of a silence between words (`-silprob`).
    pub silence: f64,
    /// Search beam (`-beam`): smaller keeps more candidates.
    pub beam: f64,
    /// Beam for ending words (`-wbeam`).
    pub word_beam: f64,
    /// Beam for phone changes (`-pbeam`).
    pub phone_beam: f64,
    /// Mean spectrum to begin with (`-cmninit`).
    pub cmn: Cmn,
    /// Whether to subtract estimated steady noise (`-remove_noise`). On a line with little noise it costs words, most of all
    /// in the first utterance.
    pub remove_noise: bool,
    /// Whether a second pass corrects the first (`-fwdflat`). It doubled the time and mended no value.
    pub second_pass: bool,
    /// Whether to search the word lattice at the end (`-bestpath`). Without it every posterior is 1, and three times as many
    /// words go wrong.
    pub best_path: bool,
}

impl Default for DecoderConfig {
    /// [`DecoderConfig::telephone`] for rms, the clearer voice.
    fn default() -> DecoderConfig {
        DecoderConfig::telephone(Voice::Rms)
    }
}

impl DecoderConfig {
    /// What gave the most exact values for `voice` on a mu-law telephone line, widened by [`crate::wideband::Widener`].
    #[must_use]
    pub fn telephone(voice: Voice) -> DecoderConfig {
        DecoderConfig {
            language_weight: match voice {
                Voice::Awb | Voice::Rms => 8.0,
                Voice::Slt => 6.5,
            },
            word_insertion: 0.65,
            silence: 0.005,
            beam: 1e-48,
            word_beam: 7e-29,
            phone_beam: 1e-48,
            cmn: match voice {
                // A man's voice too, and not measured by itself.
                Voice::Awb | Voice::Rms => Cmn::RMS_ON_TELEPHONE,
                Voice::Slt => Cmn::SLT_ON_TELEPHONE,
            },
            remove_noise: false,
            second_pass: false,
            best_path: true,
        }
    }

    /// PocketSphinx's command line for this configuration and `model`.
    pub(super) fn arguments(&self, model: &Model) -> Result<Vec<CString>, OpenError> {
        let yes_no = |on: bool| if on { "yes" } else { "no" }.to_owned();
        let cmn: Vec<String> = self.cmn.0.iter().map(f32::to_string).collect();
        let numbers = [
            ("-lw", self.language_weight.to_string()),
            ("-wip", format!("{:e}", self.word_insertion)),
            ("-silprob", format!("{:e}", self.silence)),
            ("-beam", format!("{:e}", self.beam)),
            ("-wbeam", format!("{:e}", self.word_beam)),
            ("-pbeam", format!("{:e}", self.phone_beam)),
            ("-cmninit", cmn.join(",")),
            ("-remove_noise", yes_no(self.remove_noise)),
            // The decoder's own removal of silence would shift every time after it.
            ("-remove_silence", yes_no(false)),
            ("-fwdflat", yes_no(self.second_pass)),
            ("-bestpath", yes_no(self.best_path)),
        ];
        let files = [
            ("-hmm", model.acoustic_dir()),
            ("-lm", model.language_model()),
            ("-dict", model.dictionary()),
        ];
        let mut arguments = vec![c_string(OsStr::new("callwright"))?];
        for (name, value) in &numbers {
            arguments.push(c_string(OsStr::new(name))?);
            arguments.push(c_string(OsStr::new(value))?);
        }
        for (name, path) in files {
            arguments.push(c_string(OsStr::new(name))?);
            arguments.push(c_string(path.as_os_str())?);
        }
        Ok(arguments)
    }
}

fn c_string(text: &OsStr) -> Result<CString, OpenError> {
    CString::new(text.as_bytes())
        .map_err(|_| OpenError::Path { path: text.to_string_lossy().into_owned() })
}
