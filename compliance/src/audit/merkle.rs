//! The Merkle tree over the entries of a chain: RFC 9162 §2.1, which hashes as RFC 6962 does (`0x00` before a leaf, `0x01` before a
//! pair).
//!
//! A leaf is the 32 bytes of an entry's digest. [`Tree`] grows at its right edge in a handful of digests, so that a long chain is signed
//! and verified in constant memory; [`Leaves`] holds every leaf and makes proofs; [`Path`] is a proof and verifies itself. Nothing here
//! signs: a root means something only under a signature (see `checkpoint`).

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The hash of a leaf (RFC 9162 §2.1.1).
fn leaf(data: &[u8]) -> Digest {
    let mut bytes = Vec::with_capacity(1 + data.len());
    bytes.push(0x00);
    bytes.extend_from_slice(data);
    Digest::of(&bytes)
}

/// The hash of a pair of subtrees (RFC 9162 §2.1.1).
fn node(left: Digest, right: Digest) -> Digest {
    let mut bytes = [0; 65];
    bytes[0] = 0x01;
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// The root of no leaves (RFC 9162 §2.1.1).
fn empty() -> Digest {
    Digest::of(b"")
}

/// A tree that only grows: how many leaves it has, and the roots of the perfect subtrees along its right edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// One for each bit that is set in `size`, the largest subtree first.
    peaks: Vec<Digest>,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Tree {
        Tree { size: 0, peaks: Vec::new() }
    }

    /// A tree as it was kept. `None` where no tree of that size has so many peaks. Whether they are the right ones is seen by the root.
    #[must_use]
    pub fn resume(size: u64, peaks: Vec<Digest>) -> Option<Tree> {
        (u64::from(size.count_ones()) == peaks.len() as u64).then_some(Tree { size, peaks })
    }

    /// Adds an entry, by its digest.
    pub fn push(&mut self, entry: Digest) {
        self.push_leaf(leaf(entry.as_bytes()));
    }

    fn push_leaf(&mut self, leaf: Digest) {
        let mut grown = leaf;
        let mut full = self.size;
        while full & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            grown = node(left, grown);
            full >>= 1;
        }
        self.peaks.push(grown);
        self.size += 1;
    }

    /// How many entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// What [`Tree::resume`] takes.
    #[must_use]
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Digest {
        let peaks = self.peaks.iter().rev().copied();
        peaks.reduce(|right, left| node(left, right)).unwrap_or_else(empty)
    }
}

/// Every leaf of a tree, to make proofs from.
#[derive(Clone, Debug, Default)]
pub struct Leaves(Vec<Digest>);

impl Leaves {
    /// No leaf.
    #[must_use]
    pub const fn new() -> Leaves {
        Leaves(Vec::new())
    }

    /// Adds an entry, by its digest.
    pub fn push(&mut self, entry: Digest) {
        self.0.push(leaf(entry.as_bytes()));
    }

    /// The proof that the entry `index` is in the tree of the first `size` entries (RFC 9162 §2.1.3.1). `None` where it is not, or there
    /// are fewer.
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Path> {
        let leaves = self.0.get(..usize::try_from(size).ok()?)?;
        let index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
        let mut path = Vec::new();
        path_of(leaves, index, &mut path);
        Some(Path(path))
    }

    /// The proof that the tree of the first `new` entries begins with that of the first `old` (RFC 9162 §2.1.4.1). `None` where `old` is
    /// zero or above `new`, or there are fewer.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Path> {
        let leaves = self.0.get(..usize::try_from(new).ok()?)?;
        let old = usize::try_from(old).ok().filter(|old| (1..=leaves.len()).contains(old))?;
        let mut path = Vec::new();
        subproof(leaves, old, true, &mut path);
        Some(Path(path))
    }
}

/// Where a tree of more than one leaf is split: the largest power of two below its size.
fn split(leaves: &[Digest]) -> (&[Digest], &[Digest]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}

fn root_of(leaves: &[Digest]) -> Digest {
    let mut tree = Tree::new();
    leaves.iter().for_each(|leaf| tree.push_leaf(*leaf));
    tree.root()
}

/// `PATH(index, leaves)`.
fn path_of(leaves: &[Digest], index: usize, path: &mut Vec<Digest>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = split(leaves);
    if index < left.len() {
        path_of(left, index, path);
        path.push(root_of(right));
    } else {
        path_of(right, index - left.len(), path);
        path.push(root_of(left));
    }
}

/// `SUBPROOF(old, leaves, known)`: `known` where the verifier has the root of `leaves` already.
fn subproof(leaves: &[Digest], old: usize, known: bool, path: &mut Vec<Digest>) {
    if old == leaves.len() {
        if !known {
            path.push(root_of(leaves));
        }
        return;
    }
    let (left, right) = split(leaves);
    if old <= left.len() {
        subproof(left, old, known, path);
        path.push(root_of(right));
    } else {
        subproof(right, old - left.len(), false, path);
        path.push(root_of(left));
    }
}

/// A proof: the hashes beside the way from a leaf, or from an older root, to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(Vec<Digest>);

impl Path {
    /// Whether this proves that `entry`, by its digest, is the one with number `index` (from 0) in the tree of `size` entries with that
    /// root (RFC 9162 §2.1.3.2).
    #[must_use]
    pub fn proves_inclusion(&self, entry: Digest, index: u64, size: u64, root: Digest) -> bool {
        self.leads_to_root(leaf(entry.as_bytes()), index, size, root)
    }

    fn leads_to_root(&self, leaf: Digest, index: u64, size: u64, root: Digest) -> bool {
        if index >= size {
            return false;
        }
        let mut way = Way { from: index, last: size - 1 };
        let mut reached = leaf;
        for beside in &self.0 {
            match way.step() {
                None => return false,
                Some(Side::Left) => reached = node(*beside, reached),
                Some(Side::Right) => reached = node(reached, *beside),
            }
        }
        way.last == 0 && reached == root
    }

    /// Whether this proves that the tree `new` begins with the tree `old`, each given by its size and root (RFC 9162 §2.1.4.2). Equal
    /// sizes need equal roots and no hash. Nothing is proven about an empty tree.
    #[must_use]
    pub fn proves_consistency(&self, old: (u64, Digest), new: (u64, Digest)) -> bool {
        let ((old_size, old_root), (new_size, new_root)) = (old, new);
        if old_size == 0 || old_size > new_size {
            return false;
        }
        if old_size == new_size {
            return self.0.is_empty() && old_root == new_root;
        }
        // A perfect old tree is its own first hash.
        let first = old_size.is_power_of_two().then_some(old_root);
        let mut hashes = first.into_iter().chain(self.0.iter().copied());
        let Some(start) = hashes.next() else {
            return false;
        };
        let mut way = Way { from: old_size - 1, last: new_size - 1 };
        let level = way.from.trailing_ones();
        way.up(level);
        let (mut to_old, mut to_new) = (start, start);
        for beside in hashes {
            match way.step() {
                None => return false,
                Some(Side::Left) => {
                    to_old = node(beside, to_old);
                    to_new = node(beside, to_new);
                }
                Some(Side::Right) => to_new = node(to_new, beside),
            }
        }
        way.last == 0 && to_old == old_root && to_new == new_root
    }
}

/// On which side of the way a hash lies.
enum Side {
    Left,
    Right,
}

/// The way up: `fn` and `sn` of the RFC.
struct Way {
    from: u64,
    last: u64,
}

impl Way {
    fn up(&mut self, levels: u32) {
        self.from = self.from.checked_shr(levels).unwrap_or(0);
        self.last = self.last.checked_shr(levels).unwrap_or(0);
    }

    /// One hash further; `None` where the root was reached before.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.from & 1 == 1 || self.from == self.last {
            // At the right edge levels without a partner are passed over.
            if self.from & 1 == 0 {
                let level = self.from.trailing_zeros();
                self.up(level);
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up(1);
        Some(side)
    }
}

#[cfg(test)]
mod tests;
