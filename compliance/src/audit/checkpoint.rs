//! Checkpoints: how long a chain is and the root of its tree, signed (C2SP `tlog-checkpoint`, <https://c2sp.org/tlog-checkpoint>).
//!
//! ```text
//! callwright/audit/oak-street
//! 118
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — callwright/audit/oak-street Az3grl…
//! ```
//!
//! The first line, the origin, names the practice: a checkpoint of one practice is none of another's. Two checkpoints of one log, kept
//! apart from it, show whether the log was cut or rewritten. This module decides neither when one is made nor where it is kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::merkle::Tree;
use super::note::{NoteError, NoteSigner, VerifierKey};
use crate::digest::Digest;
use crate::id::TenantId;

const ORIGIN: &str = "callwright/audit/";

/// The origin of a practice's log. It is also the name of the key that signs it.
#[must_use]
pub fn origin(tenant: &TenantId) -> String {
    format!("{ORIGIN}{tenant}")
}

/// Whose log a key signs.
///
/// # Errors
/// [`NoteError::OtherLog`] where its name is not an origin of ours.
pub fn tenant_of(key: &VerifierKey) -> Result<TenantId, NoteError> {
    let tenant = key.name().strip_prefix(ORIGIN).ok_or(NoteError::OtherLog)?;
    TenantId::new(tenant).map_err(|_| NoteError::OtherLog)
}

/// A checkpoint that is signed: by us, when it was made, or as a verifier found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    tenant: TenantId,
    size: u64,
    root: Digest,
    note: Box<str>,
}

impl Checkpoint {
    /// Signs a tree.
    ///
    /// # Errors
    /// [`NoteError::OtherLog`] where the signer has not the name of the tenant's origin.
    pub fn sign(
        tenant: &TenantId,
        tree: &Tree,
        signer: &NoteSigner,
    ) -> Result<Checkpoint, NoteError> {
        if signer.verifier().name() != origin(tenant) {
            return Err(NoteError::OtherLog);
        }
        let (size, root) = (tree.size(), tree.root());
        let note = signer.sign(&text(tenant, size, root))?.into();
        Ok(Checkpoint { tenant: tenant.clone(), size, root, note })
    }

    /// Reads a note, if `key` signed it and it is about the log whose name the key has.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn open(note: &str, key: &VerifierKey) -> Result<Checkpoint, NoteError> {
        let tenant = tenant_of(key)?;
        let body = key.open(note)?;
        let mut lines = body.lines();
        if lines.next() != Some(key.name()) {
            return Err(NoteError::OtherLog);
        }
        let read = |size: Option<&str>, root: Option<&str>| {
            let root: [u8; 32] = STANDARD.decode(root?).ok()?.try_into().ok()?;
            Some((size?.parse::<u64>().ok()?, Digest::from_bytes(root)))
        };
        let (size, root) = read(lines.next(), lines.next()).ok_or(NoteError::Form)?;
        // Written anew it must be the same: no leading zero, no further line.
        if text(&tenant, size, root) != body {
            return Err(NoteError::Form);
        }
        Ok(Checkpoint { tenant, size, root, note: note.into() })
    }

    /// Whose log.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// How many entries it covers: those with numbers below this.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of their tree.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// The signed note, as it is kept and given out.
    #[must_use]
    pub const fn note(&self) -> &str {
        &self.note
    }

    /// Whether the note has our signature alone, so that its bytes are exactly those that were written.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.note.lines().count() == 5
    }
}

fn text(tenant: &TenantId, size: u64, root: Digest) -> String {
    format!("{}\n{size}\n{}\n", origin(tenant), STANDARD.encode(root.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oak() -> TenantId {
        TenantId::new("oak").unwrap()
    }

    fn signer(name: &str) -> NoteSigner {
        NoteSigner::new(name, &[9; 32]).unwrap()
    }

    fn tree(size: u64) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|number| tree.push(Digest::of(&number.to_be_bytes())));
        tree
    }

    #[test]
    fn a_checkpoint_reads_what_it_writes() {
        let signer = signer("callwright/audit/oak");
        let made = Checkpoint::sign(&oak(), &tree(5), &signer).unwrap();
        let read = Checkpoint::open(made.note(), &signer.verifier()).unwrap();
        assert_eq!(read, made);
        assert_eq!((read.size(), read.root(), read.tenant()), (5, tree(5).root(), &oak()));
        assert!(read.is_bare());
        assert_eq!(tenant_of(&signer.verifier()), Ok(oak()));
        let lines: Vec<&str> = made.note().lines().collect();
        assert_eq!(
            (lines.len(), lines[0], lines[1], lines[3]),
            (5, "callwright/audit/oak", "5", "")
        );
    }

    #[test]
    fn another_practice_s_checkpoint_is_none_of_ours() {
        let other = signer("callwright/audit/elm");
        assert_eq!(Checkpoint::sign(&oak(), &tree(1), &other), Err(NoteError::OtherLog));
        // The right key, and a text about another log.
        let signer = signer("callwright/audit/oak");
        let root = tree(1).root();
        let elm = text(&TenantId::new("elm").unwrap(), 1, root);
        let note = signer.sign(&elm).unwrap();
        assert_eq!(Checkpoint::open(&note, &signer.verifier()), Err(NoteError::OtherLog));
        assert_eq!(tenant_of(&self::signer("elsewhere").verifier()), Err(NoteError::OtherLog));
    }

    #[test]
    fn one_form_only_is_a_checkpoint() {
        let signer = signer("callwright/audit/oak");
        let good = text(&oak(), 12, tree(1).root());
        for (from, to) in [
            ("\n12\n", "\n012\n"),
            ("\n12\n", "\n+12\n"),
            ("\n12\n", "\n\n"),
            ("=\n", "=\nmore\n"),
            ("=\n", "\n"),
        ] {
            let note = signer.sign(&good.replacen(from, to, 1)).unwrap();
            assert_eq!(Checkpoint::open(&note, &signer.verifier()), Err(NoteError::Form), "{to:?}");
        }
    }
}
