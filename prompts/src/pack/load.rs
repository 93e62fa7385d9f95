//! Reading a pack's files and checking them: every mistake is found before any is reported.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{Pack, Sources};
use crate::clip::ClipName;
use crate::far_end::RawFarEnd;
use crate::notice::RawNotices;
use crate::phrase::PhraseName;
use crate::problem::{Findings, PackError, Problem};
use crate::question::RawSet;
use crate::slots::{Template, Token};

const PACK: &str = "pack.toml";
const DISCLOSURES: &str = "disclosures.toml";
const NOTICES: &str = "notices.toml";
const PHRASES: &str = "phrases.toml";
const FAR_END: &str = "far_end.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPack {
    id: String,
    language: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClip {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisclosures {
    clips: BTreeMap<String, RawClip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhrases {
    phrases: BTreeMap<String, Vec<String>>,
    samples: BTreeMap<String, Vec<String>>,
}

pub(super) fn load(sources: &Sources<'_>) -> Result<Pack, PackError> {
    let mut problems = Vec::new();
    let meta = read::<RawPack>(PACK, sources.pack, &mut problems);
    if let Some(meta) = &meta {
        check_meta(meta, &mut Findings::new(PACK, &mut problems));
    }
    let clips = read::<RawDisclosures>(DISCLOSURES, sources.disclosures, &mut problems)
        .map(|raw| check_clips(raw, &mut Findings::new(DISCLOSURES, &mut problems)));
    let notices = read::<RawNotices>(NOTICES, sources.notices, &mut problems)
        .and_then(|raw| raw.check(&mut Findings::new(NOTICES, &mut problems)));
    let phrases = read::<RawPhrases>(PHRASES, sources.phrases, &mut problems).map(|raw| {
        let findings = &mut Findings::new(PHRASES, &mut problems);
        (check_phrases(raw.phrases, findings), check_samples(raw.samples, findings))
    });
    let mut questions = BTreeMap::new();
    for (id, text) in sources.questions {
        let file = format!("questions/{id}.toml");
        let set = read::<RawSet>(&file, text, &mut problems)
            .and_then(|raw| raw.check(id, &mut Findings::new(&file, &mut problems)));
        if let Some(set) = set
            && questions.insert((*id).to_owned(), set).is_some()
        {
            Findings::new(&file, &mut problems).add("", "is there more than once");
        }
    }
    let far_end = read::<RawFarEnd>(FAR_END, sources.far_end, &mut problems)
        .map(|raw| raw.check(&mut Findings::new(FAR_END, &mut problems)));
    match (meta, clips, notices, phrases, far_end) {
        (Some(meta), Some(clips), Some(notices), Some((phrases, samples)), Some(far_end))
            if problems.is_empty() =>
        {
            Ok(Pack {
                id: meta.id,
                language: meta.language,
                version: meta.version,
                clips,
                notices,
                phrases,
                samples,
                questions,
                far_end,
                digest: digest(sources),
            })
        }
        _ => Err(PackError { problems }),
    }
}

fn read<T: DeserializeOwned>(file: &str, text: &str, problems: &mut Vec<Problem>) -> Option<T> {
    match toml::from_str(text) {
        Ok(raw) => Some(raw),
        Err(error) => {
            let at = error.span().map(|span| span.start).unwrap_or_default();
            let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            Findings::new(file, problems).add(format!("line {line}"), error.message());
            None
        }
    }
}

fn check_meta(meta: &RawPack, findings: &mut Findings<'_>) {
    for (key, value) in [("id", &meta.id), ("language", &meta.language), ("version", &meta.version)]
    {
        if value.trim().is_empty() {
            findings.add(key, "is empty");
        }
    }
}

fn check_clips(raw: RawDisclosures, findings: &mut Findings<'_>) -> BTreeMap<ClipName, Template> {
    let mut clips = BTreeMap::new();
    for (key, clip) in raw.clips {
        let path = format!("clips.{key}");
        let Some(name) = ClipName::from_key(&key).filter(|name| !name.is_of_notice()) else {
            findings.add(path, "is no clip this program knows");
            continue;
        };
        match Template::parse(&clip.text) {
            Ok(template) => {
                check_clip(name, &template, &path, findings);
                let _ = clips.insert(name, template);
            }
            Err(error) => findings.add(path, error.to_string()),
        }
    }
    for name in ClipName::ALL.into_iter().filter(|name| !name.is_of_notice()) {
        if !clips.contains_key(&name) {
            findings.add(format!("clips.{}", name.key()), "is missing or broken");
        }
    }
    clips
}

fn check_clip(name: ClipName, template: &Template, path: &str, findings: &mut Findings<'_>) {
    for token in template.tokens() {
        if !matches!(token, Token::Business | Token::CallbackNumber) {
            let slots = "a clip may hold {business} and {callback_number} only";
            findings.add(path, format!("{slots}, not {token}"));
        }
    }
    for needed in name.needs() {
        if !template.tokens().any(|token| token == *needed) {
            findings.add(path, format!("has to say {needed}"));
        }
    }
}

fn check_phrases(
    raw: BTreeMap<String, Vec<String>>,
    findings: &mut Findings<'_>,
) -> BTreeMap<PhraseName, Vec<Template>> {
    let mut phrases = BTreeMap::new();
    for (key, texts) in raw {
        let path = format!("phrases.{key}");
        let Some(name) = PhraseName::from_key(&key) else {
            findings.add(path, "is no phrase this program knows");
            continue;
        };
        let mut templates = Vec::new();
        for text in &texts {
            match Template::parse(text) {
                Ok(template) if template.tokens().eq(name.token()) => templates.push(template),
                Ok(_) => findings.add(
                    path.as_str(),
                    match name.token() {
                        Some(token) => {
                            format!("`{text}` has to hold {token} once and no other token")
                        }
                        None => format!("`{text}` may hold no token"),
                    },
                ),
                Err(error) => findings.add(path.as_str(), format!("`{text}`: {error}")),
            }
        }
        if texts.is_empty() {
            findings.add(path, "has no wording");
        }
        let _ = phrases.insert(name, templates);
    }
    for name in PhraseName::all() {
        if !phrases.contains_key(&name) {
            findings.add(format!("phrases.{}", name.key()), "is missing");
        }
    }
    phrases
}

/// The tokens whose training values are made up in the pack; the values of the others are drawn.
const SAMPLED: [Token; 7] = [
    Token::Business,
    Token::CallerName,
    Token::Heard,
    Token::PatientName,
    Token::ProviderAddress,
    Token::ProviderName,
    Token::Relationship,
];

fn check_samples(
    raw: BTreeMap<String, Vec<String>>,
    findings: &mut Findings<'_>,
) -> BTreeMap<Token, Vec<String>> {
    let mut samples = BTreeMap::new();
    for (key, values) in raw {
        let path = format!("samples.{key}");
        let Some(token) = Token::parse(&key).filter(|token| SAMPLED.contains(token)) else {
            findings.add(path, "is no token that has samples");
            continue;
        };
        if values.is_empty() || values.iter().any(|value| value.trim().is_empty()) {
            findings.add(path, "holds an empty value, or none");
        }
        let _ = samples.insert(token, values);
    }
    for token in SAMPLED {
        if !samples.contains_key(&token) {
            findings.add(format!("samples.{token}"), "is missing");
        }
    }
    samples
}

/// SHA-256 over each file's name, length and bytes, in a fixed order, so that no two packs share a digest.
fn digest(sources: &Sources<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |name: &str, text: &str| {
        for part in [name, text] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
    };
    add(PACK, sources.pack);
    add(DISCLOSURES, sources.disclosures);
    add(NOTICES, sources.notices);
    add(PHRASES, sources.phrases);
    add(FAR_END, sources.far_end);
    for (id, text) in sources.questions {
        add(id, text);
    }
    hash.finalize().into()
}
