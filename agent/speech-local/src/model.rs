//! What a recogniser may hear: a language model and a dictionary on disk, made from sentences and kept by their digest.
//!
//! The acoustic model is Debian's `pocketsphinx-en-us`; only the words and their order come from here. It does not make
//! up sentences, and old models stay in the directory until someone deletes them.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Missing;
use crate::dictionary::Dictionary;
use crate::lm;

/// Where Debian's `pocketsphinx-en-us` puts the acoustic model.
const ACOUSTIC_DIR: &str = "/usr/share/pocketsphinx/model/en-us/en-us";
/// Where it puts the pronouncing dictionary.
const CMUDICT: &str = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict";

/// Raised when the same sentences come to give other files, so that cached ones are not taken for them.
const FORMAT: u64 = 1;

const LANGUAGE_MODEL: &str = "domain.lm";
const DICTIONARY: &str = "domain.dict";
const LEFT_OUT: &str = "left-out-words.txt";

/// The installed data that models are built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// The acoustic model's directory (`-hmm`).
    pub acoustic_dir: PathBuf,
    /// The pronouncing dictionary.
    pub cmudict: PathBuf,
}

impl Default for Resources {
    /// Debian's and Ubuntu's places.
    fn default() -> Resources {
        Resources { acoustic_dir: ACOUSTIC_DIR.into(), cmudict: CMUDICT.into() }
    }
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No sentence has a word in it, or none is left without words that cannot be pronounced: the caller's fault.
    #[error("no sentence is left to build a model from; {} word(s) have no pronunciation", left_out.len())]
    Empty {
        /// The words that cost their sentences.
        left_out: Vec<String>,
    },
    /// The model's directory cannot be written or read.
    #[error("cannot keep the model in {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The acoustic model or the pronouncing dictionary is not installed.
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// A model's files, whole and ready for [`crate::sphinx::Decoder::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    dir: PathBuf,
    acoustic_dir: PathBuf,
    left_out: Vec<String>,
}

impl Model {
    /// The model of `sentences`, built under `dir` or found there from an earlier build. Case and the punctuation around
    /// words make no difference. Fifteen thousand sentences take well under two seconds; a cached model, milliseconds.
    ///
    /// A sentence with a word that has no pronunciation is left out, and the word is in [`Model::left_out_words`].
    ///
    /// # Errors
    ///
    /// [`ModelError`].
    pub fn build<S: AsRef<str>>(dir: &Path, sentences: &[S]) -> Result<Model, ModelError> {
        Model::build_on(&Resources::default(), dir, sentences)
    }

    /// As [`Model::build`], on data installed elsewhere.
    ///
    /// # Errors
    ///
    /// [`ModelError`].
    pub fn build_on<S: AsRef<str>>(
        resources: &Resources,
        dir: &Path,
        sentences: &[S],
    ) -> Result<Model, ModelError> {
        let acoustic_dir = &resources.acoustic_dir;
        // PocketSphinx ends the process on some of these being absent, so they are looked for first.
        for needed in ["mdef", "means", "sendump", "transition_matrices", "variances"] {
            present(&acoustic_dir.join(needed))?;
        }
        let cmudict_bytes = present(&resources.cmudict)?;

        let sentences: Vec<String> = sentences.iter().map(|s| normalised(s.as_ref())).collect();
        let mut digest = Digest::new();
        digest.number(FORMAT);
        digest.number(cmudict_bytes);
        for sentence in &sentences {
            digest.text(sentence);
        }
        let built = dir.join(digest.hex());
        if !built.is_dir() {
            write_model(&resources.cmudict, dir, &built, &sentences)?;
        }
        let left_out = fs::read_to_string(built.join(LEFT_OUT)).map_err(io_at(&built))?;
        Ok(Model {
            dir: built,
            acoustic_dir: acoustic_dir.clone(),
            left_out: left_out.lines().map(str::to_owned).collect(),
        })
    }

    /// Words without a pronunciation, in alphabetical order. The sentences that had one are not in the model.
    #[must_use]
    pub fn left_out_words(&self) -> &[String] {
        &self.left_out
    }

    /// Where this model's files are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn acoustic_dir(&self) -> PathBuf {
        self.acoustic_dir.clone()
    }

    pub(crate) fn language_model(&self) -> PathBuf {
        self.dir.join(LANGUAGE_MODEL)
    }

    pub(crate) fn dictionary(&self) -> PathBuf {
        self.dir.join(DICTIONARY)
    }
}

/// The length of an installed file, or the error that says how to install it.
fn present(path: &Path) -> Result<u64, Missing> {
    match fs::metadata(path) {
        Ok(found) if found.len() > 0 => Ok(found.len()),
        Ok(_) => Err(Missing::new(path.display().to_string(), "it is empty")),
        Err(error) => Err(Missing::new(path.display().to_string(), error.to_string())),
    }
}

/// Lower case, one space between words, no punctuation around them.
fn normalised(sentence: &str) -> String {
    let words: Vec<String> = sentence
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

/// Builds into a directory of its own and renames it to `built`, so that another process sees all of it or nothing.
fn write_model(
    cmudict: &Path,
    dir: &Path,
    built: &Path,
    sentences: &[String],
) -> Result<(), ModelError> {
    let words = sentences.iter().flat_map(|sentence| sentence.split(' ')).filter(|w| !w.is_empty());
    let file = File::open(cmudict).map_err(io_at(cmudict))?;
    let dictionary = Dictionary::subset(BufReader::new(file), words).map_err(io_at(cmudict))?;
    let pronounceable: Vec<&String> = sentences
        .iter()
        .filter(|sentence| {
            !sentence.is_empty() && sentence.split(' ').all(|w| dictionary.contains(w))
        })
        .collect();
    if pronounceable.is_empty() {
        return Err(ModelError::Empty { left_out: dictionary.unknown().to_vec() });
    }
    let arpa = lm::train(&pronounceable);

    static BUILDS: AtomicU64 = AtomicU64::new(0);
    let number = BUILDS.fetch_add(1, Ordering::Relaxed);
    let unfinished = dir.join(format!(".unfinished-{}-{number}", std::process::id()));
    let filled = fill(&unfinished, &arpa, &dictionary);
    if let Err(error) = filled {
        // What is reported is why it could not be filled, whatever becomes of the remains.
        let _removed = fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    match fs::rename(&unfinished, built) {
        Ok(()) => Ok(()),
        // Someone else was first. Theirs has the same bytes.
        Err(_) if built.is_dir() => fs::remove_dir_all(&unfinished).map_err(io_at(&unfinished)),
        Err(error) => Err(io_at(built)(error)),
    }
}

/// Writes a model's files into the new directory `at`.
fn fill(at: &Path, arpa: &lm::Arpa, dictionary: &Dictionary) -> Result<(), ModelError> {
    fs::create_dir_all(at).map_err(io_at(at))?;
    write_file(&at.join(LANGUAGE_MODEL), |out| arpa.write(out))?;
    write_file(&at.join(DICTIONARY), |out| dictionary.write(out))?;
    write_file(&at.join(LEFT_OUT), |out| {
        dictionary.unknown().iter().try_for_each(|word| writeln!(out, "{word}"))
    })
}

/// Writes a whole file and waits until it is on the disk, since the rename that follows vouches for it.
fn write_file(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ModelError> {
    let write = || {
        let mut out = BufWriter::new(File::create(path)?);
        fill(&mut out)?;
        out.into_inner()?.sync_all()
    };
    write().map_err(io_at(path))
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> ModelError {
    let path = path.to_owned();
    move |source| ModelError::Io { path, source }
}

/// FNV-1a, 64 bits, twice from different beginnings: tells models apart, and is no guard against malice.
struct Digest([u64; 2]);

impl Digest {
    /// The offset basis and the prime of the FNV authors' page; the second beginning is the basis of an empty text and a 1.
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    fn new() -> Digest {
        Digest([Self::BASIS, (Self::BASIS ^ 1).wrapping_mul(Self::PRIME)])
    }

    fn byte(&mut self, byte: u8) {
        for (half, twist) in self.0.iter_mut().zip([0, 0x5a]) {
            *half = (*half ^ u64::from(byte ^ twist)).wrapping_mul(Self::PRIME);
        }
    }

    fn number(&mut self, number: u64) {
        number.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }

    /// The text and its end, so that joined sentences differ from separate ones.
    fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.byte(byte));
        self.byte(0xff);
    }

    fn hex(&self) -> String {
        format!("{:016x}{:016x}", self.0[0], self.0[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resources of a few words, in a directory of its own.
    fn small() -> (tempfile::TempDir, Resources) {
        let dir = tempfile::tempdir().expect("a directory");
        let acoustic_dir = dir.path().join("acoustic");
        fs::create_dir(&acoustic_dir).expect("fresh");
        for file in ["mdef", "means", "sendump", "transition_matrices", "variances"] {
            fs::write(acoustic_dir.join(file), "x").expect("fresh");
        }
        let cmudict = dir.path().join("cmudict");
        fs::write(&cmudict, "hold HH OW L D\nplease P L IY Z\n").expect("fresh");
        (dir, Resources { acoustic_dir, cmudict })
    }

    fn entries(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a directory");
        let names = entries.map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<String> = names.map(|n| n.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_same_sentences_are_built_once_and_others_apart() {
        let (dir, resources) = small();
        let models = dir.path().join("models");
        let build = |sentences: &[&str]| Model::build_on(&resources, &models, sentences);
        let first = build(&["please hold", "hold"]).expect("built");
        let lm = fs::metadata(first.language_model()).expect("there").modified().expect("a time");
        assert_eq!(build(&["Please hold.", "hold"]).expect("found"), first);
        let again =
            fs::metadata(first.language_model()).expect("there").modified().expect("a time");
        assert_eq!(lm, again);
        assert_ne!(build(&["please", "hold hold"]).expect("built").dir(), first.dir());
        assert_eq!(entries(&models).len(), 2, "nothing unfinished is left");
        let text = fs::read_to_string(first.dictionary()).expect("there");
        assert_eq!(text, "hold HH OW L D\nplease P L IY Z\n");
    }

    #[test]
    fn words_without_a_pronunciation_cost_their_sentences_and_are_named() {
        let (dir, resources) = small();
        let models = dir.path().join("models");
        let sentences = ["please hold", "please hold xyzzyx", "42 please"];
        for round in ["built", "found"] {
            let model = Model::build_on(&resources, &models, &sentences).expect(round);
            assert_eq!(model.left_out_words(), ["42", "xyzzyx"]);
            let lm = fs::read_to_string(model.language_model()).expect("there");
            assert!(!lm.contains("xyzzyx") && lm.contains("please hold"));
        }
        let none = Model::build_on(&resources, &models, &["xyzzyx", " .. "]);
        assert!(matches!(none, Err(ModelError::Empty { left_out }) if left_out == ["xyzzyx"]));
    }

    #[test]
    fn builders_at_the_same_time_agree() {
        let (dir, resources) = small();
        let models = dir.path().join("models");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    Model::build_on(&resources, &models, &["please hold"]).expect("built")
                });
            }
        });
        assert_eq!(entries(&models).len(), 1, "one model and nothing unfinished");
    }

    #[test]
    fn missing_resources_say_what_to_install_and_where_they_belong() {
        let (dir, resources) = small();
        fs::remove_file(resources.acoustic_dir.join("means")).expect("there");
        let error =
            Model::build_on(&resources, dir.path(), &["please hold"]).expect_err("no means");
        let message = error.to_string();
        assert!(message.contains("acoustic/means") && message.contains("pocketsphinx-en-us"));
    }

    #[test]
    fn sentences_end_where_they_end() {
        let digest = |sentences: &[&str]| {
            let mut digest = Digest::new();
            sentences.iter().for_each(|sentence| digest.text(sentence));
            digest.hex()
        };
        assert_ne!(digest(&["a", "b"]), digest(&["ab"]));
        assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
        assert_eq!(digest(&["a"]).len(), 32);
    }
}
