//! Signed notes: a text with signatures in lines below it, as C2SP `signed-note` defines them (<https://c2sp.org/signed-note>), with
//! Ed25519 (RFC 8032).
//!
//! The form is that of Go's checksum database and of transparency logs, so that a stranger's tools read it. Signing needs no random
//! numbers. This module keeps no key: the seed is an argument, and is wiped with the [`NoteSigner`].

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The signature type of Ed25519 in notes.
const ED25519: u8 = 0x01;
/// What a signature line begins with: an em dash and a space.
const MARK: &str = "\u{2014} ";
/// Bytes of a key id.
const KEY_ID: usize = 4;

/// Why a key, a note or a checkpoint was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NoteError {
    /// The text is not a signed note, or not one that holds a checkpoint.
    #[error("this is not a signed checkpoint, whole and as it was written")]
    Form,
    /// The text is not a verifier key.
    #[error(
        "this is not a verifier key: NAME+8 hexadecimal digits+base64 is wanted, as `callwright audit key` prints it"
    )]
    NotAKey,
    /// None of the signatures is by the key.
    #[error("it is not signed by this key")]
    OtherKey,
    /// The signature that names the key does not fit the text.
    #[error("its signature is not of this text: it was changed or forged")]
    Signature,
    /// It is signed, and is about another log.
    #[error("it is about another practice's audit")]
    OtherLog,
}

/// A key's name is the first word of its signature line, so it has no space, and no plus sign in a verifier key.
fn is_name(name: &str) -> bool {
    let bad = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    !name.is_empty() && !name.contains(bad)
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; KEY_ID] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update(b"\n");
    hash.update([ED25519]);
    hash.update(key.as_bytes());
    let digest = hash.finalize();
    let mut id = [0; KEY_ID];
    id.copy_from_slice(&digest[..KEY_ID]);
    id
}

/// What verifies signatures: a name and a public key. It is no secret; whoever is to verify keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: Box<str>,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads what `Display` writes: the encoded verifier key of `signed-note`.
    ///
    /// # Errors
    /// [`NoteError::NotAKey`].
    pub fn parse(text: &str) -> Result<VerifierKey, NoteError> {
        let read = || {
            let (name, rest) = text.trim().split_once('+')?;
            let (id, encoded) = rest.split_once('+')?;
            let bytes = STANDARD.decode(encoded).ok()?;
            let (kind, bytes) = bytes.split_first()?;
            let bytes: [u8; 32] = bytes.try_into().ok()?;
            let key = VerifyingKey::from_bytes(&bytes).ok()?;
            let key = VerifierKey { name: name.into(), key };
            let good = *kind == ED25519 && is_name(name) && key.id() == id && !key.key.is_weak();
            good.then_some(key)
        };
        read().ok_or(NoteError::NotAKey)
    }

    /// Whose signature: the first word of a signature line.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: 8 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(key_id(&self.name, &self.key)))
    }

    /// The text of a note that this key signed. Signatures by other keys, as of witnesses, are passed over.
    ///
    /// # Errors
    /// [`NoteError::Form`], [`NoteError::OtherKey`], [`NoteError::Signature`].
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Form);
        }
        let at = note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = note.split_at(at + 1);
        let signatures = signatures.strip_prefix('\n').and_then(|s| s.strip_suffix('\n'));
        let id = key_id(&self.name, &self.key);
        let mut signed = false;
        for line in signatures.ok_or(NoteError::Form)?.split('\n') {
            let (name, encoded) = line
                .strip_prefix(MARK)
                .and_then(|line| line.split_once(' '))
                .ok_or(NoteError::Form)?;
            let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Form)?;
            let (line_id, signature) =
                bytes.split_at_checked(KEY_ID).filter(|_| is_name(name)).ok_or(NoteError::Form)?;
            if name != &*self.name || line_id != id {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| NoteError::Signature)?;
            self.key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| NoteError::Signature)?;
            signed = true;
        }
        if signed { Ok(text) } else { Err(NoteError::OtherKey) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, self.id(), STANDARD.encode(bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// What signs notes. No `Debug` or `Clone`; the key is wiped on drop.
pub struct NoteSigner {
    name: Box<str>,
    key: SigningKey,
}

impl NoteSigner {
    /// The signer of a name, from 32 secret random bytes of the caller.
    ///
    /// # Errors
    /// [`NoteError::NotAKey`] where the name has a space or a plus sign, or is empty.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<NoteSigner, NoteError> {
        if !is_name(name) {
            return Err(NoteError::NotAKey);
        }
        Ok(NoteSigner { name: name.into(), key: SigningKey::from_bytes(seed) })
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The note of a text, which ends with a newline and has no other control character.
    ///
    /// # Errors
    /// [`NoteError::Form`] for another text.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        let plain = !text.chars().any(|c| c < ' ' && c != '\n');
        if !text.ends_with('\n') || !plain {
            return Err(NoteError::Form);
        }
        let mut bytes = key_id(&self.name, &self.key.verifying_key()).to_vec();
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        Ok(format!("{text}\n{MARK}{} {}\n", self.name, STANDARD.encode(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The example of golang.org/x/mod/sumdb/note, which every implementation of the format reproduces.
    const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n\n\
                        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn signer() -> NoteSigner {
        let bytes = STANDARD.decode(SECRET).unwrap();
        NoteSigner::new("PeterNeumann", bytes[1..].try_into().unwrap()).unwrap()
    }

    #[test]
    fn the_published_example_comes_out_byte_for_byte() {
        let signer = signer();
        assert_eq!(signer.verifier().to_string(), PUBLIC);
        assert_eq!(signer.sign(TEXT).as_deref(), Ok(NOTE));
        let key = VerifierKey::parse(PUBLIC).unwrap();
        assert_eq!(
            (key.open(NOTE), key.name(), key.id().as_str()),
            (Ok(TEXT), "PeterNeumann", "c74f20a3")
        );
    }

    #[test]
    fn a_witness_may_sign_below() {
        let witness = NoteSigner::new("witness.example/w1", &[7; 32]).unwrap();
        let below = witness.sign(TEXT).unwrap();
        let both = format!("{NOTE}{}", below.strip_prefix(&format!("{TEXT}\n")).unwrap());
        assert_eq!(signer().verifier().open(&both), Ok(TEXT));
        assert_eq!(witness.verifier().open(&both), Ok(TEXT));
        assert_eq!(witness.verifier().open(NOTE), Err(NoteError::OtherKey));
    }

    #[test]
    fn what_is_no_note_and_no_key_is_refused() {
        let key = signer().verifier();
        for note in
            ["", "\n", TEXT, "a\n\n", "a\n\nb\n", "a\n\n\u{2014} x\n", "a\r\n\n\u{2014} x eA==\n"]
        {
            assert_eq!(key.open(note), Err(NoteError::Form), "{note:?}");
        }
        assert_eq!(key.open(NOTE.trim_end()), Err(NoteError::Form));
        for text in
            ["", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
        {
            assert_eq!(VerifierKey::parse(text), Err(NoteError::NotAKey), "{text:?}");
        }
        assert!(NoteSigner::new("two words", &[1; 32]).is_err());
        assert_eq!(signer().sign("no newline"), Err(NoteError::Form));
        assert_eq!(signer().sign("a\tb\n"), Err(NoteError::Form));
    }

    proptest! {
        #[test]
        fn a_note_with_any_byte_changed_is_not_opened(at in 0..NOTE.len(), byte in any::<u8>()) {
            let mut bytes = NOTE.as_bytes().to_vec();
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(signer().verifier().open(&changed).is_err());
            }
        }
    }
}
