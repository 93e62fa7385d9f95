//! The tree against the vectors that implementations of RFC 6962 share, and its proofs against every size and place.

use proptest::prelude::*;

use super::*;

/// The eight leaves of the reference tests of Certificate Transparency.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Their roots, from none to eight.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const N_01: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const N_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const N_23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const N_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const N_45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const N_67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const N_0123: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const N_4567: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

fn leaves() -> Leaves {
    Leaves(LEAVES.iter().map(|data| leaf(data)).collect())
}

fn digest(text: &str) -> Digest {
    Digest::parse(text).unwrap()
}

fn path(texts: &[&str]) -> Path {
    Path(texts.iter().map(|text| digest(text)).collect())
}

#[test]
fn roots_are_those_of_rfc_6962() {
    let mut tree = Tree::new();
    assert_eq!(tree.root(), digest(ROOTS[0]));
    for (data, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        tree.push_leaf(leaf(data));
        assert_eq!(tree.root(), digest(root));
        assert_eq!(Tree::resume(tree.size(), tree.peaks().to_vec()), Some(tree.clone()));
    }
    assert_eq!(Tree::resume(7, tree.peaks().to_vec()), None);
}

#[test]
fn inclusion_proofs_are_those_of_rfc_6962() {
    let leaves = leaves();
    for (index, size, want) in [
        (0, 1, path(&[])),
        (0, 8, path(&[N_1, N_23, N_4567])),
        (5, 8, path(&[N_4, N_67, N_0123])),
        (2, 3, path(&[N_01])),
        (1, 5, path(&[ROOTS[1], N_23, N_4])),
        (6, 7, path(&[N_45, N_0123])),
    ] {
        let made = leaves.inclusion(index, size).unwrap();
        assert_eq!(made, want, "{index} in {size}");
        let data = leaf(LEAVES[usize::try_from(index).unwrap()]);
        let root = digest(ROOTS[usize::try_from(size).unwrap()]);
        assert!(made.leads_to_root(data, index, size, root));
    }
    assert_eq!(leaves.inclusion(8, 8), None);
    assert_eq!(leaves.inclusion(0, 9), None);
    assert_eq!(leaves.inclusion(0, 0), None);
}

#[test]
fn consistency_proofs_are_those_of_rfc_6962() {
    let leaves = leaves();
    for (old, new, want) in [
        (1, 1, path(&[])),
        (1, 8, path(&[N_1, N_23, N_4567])),
        (6, 8, path(&[N_45, N_67, N_0123])),
        (2, 5, path(&[N_23, N_4])),
        (7, 7, path(&[])),
    ] {
        let made = leaves.consistency(old, new).unwrap();
        assert_eq!(made, want, "{old} to {new}");
        let root = |size: u64| digest(ROOTS[usize::try_from(size).unwrap()]);
        assert!(made.proves_consistency((old, root(old)), (new, root(new))));
    }
    assert_eq!(leaves.consistency(0, 8), None);
    assert_eq!(leaves.consistency(8, 7), None);
    assert_eq!(leaves.consistency(3, 9), None);
    assert!(!path(&[]).proves_consistency((0, digest(ROOTS[0])), (8, digest(ROOTS[8]))));
}

/// The definition of RFC 9162 §2.1.1, word for word, against the tree that grows.
fn defined(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = split(leaves);
            node(defined(left), defined(right))
        }
    }
}

fn entries(count: u64) -> Vec<Digest> {
    (0..count).map(|number| Digest::of(&number.to_be_bytes())).collect()
}

#[test]
fn every_proof_up_to_forty_entries_holds_for_its_own_place_only() {
    let all = entries(40);
    let mut leaves = Leaves::new();
    all.iter().for_each(|entry| leaves.push(*entry));
    let root = |size: u64| defined(&leaves.0[..usize::try_from(size).unwrap()]);
    for size in 1..=40 {
        for index in 0..size {
            let path = leaves.inclusion(index, size).unwrap();
            for (other, entry) in (0..size).zip(&all) {
                let holds = path.proves_inclusion(*entry, other, size, root(size));
                assert_eq!(holds, other == index, "{index} of {size} for {other}");
            }
            assert!(!path.proves_inclusion(all[0], size, size, root(size)));
        }
        for old in 1..=size {
            let path = leaves.consistency(old, size).unwrap();
            assert!(path.proves_consistency((old, root(old)), (size, root(size))));
            let other = old % 40 + 1;
            assert!(!path.proves_consistency((old, root(other)), (size, root(size))));
            assert!(!path.proves_consistency((old, root(old)), (size, root(size % 40 + 1))));
        }
    }
}

proptest! {
    #[test]
    fn a_growing_tree_has_the_root_of_its_definition(count in 0_u64..300) {
        let mut tree = Tree::new();
        let mut leaves = Leaves::new();
        for entry in entries(count) {
            tree.push(entry);
            leaves.push(entry);
        }
        prop_assert_eq!(tree.root(), defined(&leaves.0));
        prop_assert_eq!(tree.size(), count);
    }

    #[test]
    fn a_changed_proof_proves_nothing(
        size in 2_u64..200,
        index in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0_usize..256,
        cut in any::<bool>(),
    ) {
        let all = entries(size);
        let mut leaves = Leaves::new();
        all.iter().for_each(|entry| leaves.push(*entry));
        let index = index.index(all.len());
        let place = u64::try_from(index).unwrap();
        let root = defined(&leaves.0);
        let change = |path: &mut Path| {
            let at = at.index(path.0.len());
            if cut {
                path.0.remove(at);
            } else {
                let mut bytes = *path.0[at].as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                path.0[at] = Digest::from_bytes(bytes);
            }
        };
        let mut path = leaves.inclusion(place, size).unwrap();
        change(&mut path);
        prop_assert!(!path.proves_inclusion(all[index], place, size, root));

        let old = place + 1;
        let old_root = defined(&leaves.0[..=index]);
        let mut path = leaves.consistency(old, size).unwrap();
        if !path.0.is_empty() {
            change(&mut path);
            prop_assert!(!path.proves_consistency((old, old_root), (size, root)));
        }
    }
}
