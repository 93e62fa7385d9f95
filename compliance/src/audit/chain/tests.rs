//! The chain under tampering: whatever is changed, verification finds it.

use proptest::prelude::*;

use super::*;
use crate::audit::{Action, Actor};
use crate::egress::{Field, FieldSet};
use crate::id::{DecisionId, ObjectId, PersonId, VendorId};
use crate::phi::Purpose;
use crate::rule::RuleId;

fn tenant() -> TenantId {
    TenantId::new("riverside").unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + second, 123_456_789).unwrap()
}

/// A chain of `len` entries, no two of them alike.
fn chain(len: usize) -> Vec<Entry> {
    let mut chain = Chain::new(tenant());
    (0..len)
        .map(|place| {
            let action = Action::ALL[place % Action::ALL.len()];
            let mut event = Event::new(Actor::Node(ObjectId::new("node-1").unwrap()), action);
            if place % 2 == 0 {
                event.object = Some(ObjectId::new(&format!("object-{place}")).unwrap());
                event.decision = Some(DecisionId(place as u128));
            }
            if place % 3 == 0 {
                event.fields = FieldSet::of(&[Field::MemberId, Field::AgentWords]);
                event.recipient = Some(VendorId::new("voice").unwrap());
                event.purpose = Some(Purpose::Speak);
            }
            chain.append(at(place as i64), event)
        })
        .collect()
}

/// One edit of an entry. Each changes something.
fn edit(entry: &mut Entry, what: usize) {
    match what {
        0 => entry.at += jiff::SignedDuration::from_micros(1),
        1 => entry.actor = Actor::Person(PersonId::new("mallory").unwrap()),
        2 => {
            let other = |action: &&Action| **action != entry.action;
            entry.action = *Action::ALL.iter().find(other).unwrap();
        }
        3 => {
            entry.object = match entry.object {
                Some(_) => None,
                None => Some(ObjectId::new("x").unwrap()),
            }
        }
        4 => {
            entry.decision = match entry.decision {
                Some(DecisionId(id)) => Some(DecisionId(id ^ 1)),
                None => Some(DecisionId(7)),
            }
        }
        5 => entry.rule = Some(RuleId::D1),
        6 => {
            entry.purpose = match entry.purpose {
                Some(_) => None,
                None => Some(Purpose::Key),
            }
        }
        7 => entry.fields = entry.fields.union(Field::Npi.into()),
        8 => {
            entry.recipient = match entry.recipient {
                Some(_) => None,
                None => Some(VendorId::new("x").unwrap()),
            }
        }
        9 => entry.prev = Digest::of(b"x"),
        10 => entry.digest = Digest::of(b"x"),
        11 => entry.tenant = TenantId::new("other").unwrap(),
        _ => entry.seq += 1,
    }
}

#[test]
fn a_chain_that_was_left_alone_is_whole() {
    let entries = chain(50);
    let whole = verify(&tenant(), &entries, None).unwrap();
    assert_eq!((whole.len, whole.head), (50, entries[49].digest));
    assert!(!whole.reaches(), "nobody gave an anchor");
    assert_eq!(verify(&tenant(), [] as [Entry; 0], None).unwrap().head, genesis(&tenant()));
}

#[test]
fn it_resumes_where_it_ended() {
    let entries = chain(10);
    let whole = verify(&tenant(), &entries[..5], None).unwrap();
    let mut resumed = Chain::resume(tenant(), whole.anchor());
    let event = Event::new(Actor::FarEnd, Action::CallEnded);
    let mut longer = entries[..5].to_vec();
    longer.push(resumed.append(at(9), event));
    assert_eq!(verify(&tenant(), &longer, None).unwrap().anchor(), resumed.anchor());
}

#[test]
fn a_verifier_goes_no_further_than_the_break() {
    let entries = chain(4);
    let mut verifier = Verifier::new(tenant(), None);
    verifier.push(&entries[0]).unwrap();
    let missing = Broken { seq: 1, why: BrokenBy::Sequence };
    assert_eq!(verifier.push(&entries[2]), Err(missing));
    assert_eq!(verifier.push(&entries[3]), Err(missing));
    assert_eq!(verifier.clone().finish().len, 1);
    verifier.push(&entries[1]).unwrap();
    verifier.push(&entries[2]).unwrap();
    assert_eq!(verifier.finish().head, entries[2].digest);
}

#[test]
fn truncation_and_forks_are_found_against_an_anchor() {
    let entries = chain(10);
    let anchor_at = |len: usize| verify(&tenant(), &entries[..len], None).unwrap().anchor();
    for len in 0..=10 {
        assert!(verify(&tenant(), &entries, Some(anchor_at(len))).unwrap().reaches(), "{len}");
    }
    let cut = verify(&tenant(), &entries[..7], Some(anchor_at(8))).unwrap();
    assert!(!cut.reaches());
    let mut fork = Chain::resume(tenant(), anchor_at(5));
    let mut forked = entries[..5].to_vec();
    for second in 0..5 {
        forked.push(fork.append(at(second), Event::new(Actor::FarEnd, Action::CallEnded)));
    }
    assert!(!verify(&tenant(), &forked, Some(anchor_at(8))).unwrap().reaches());
}

#[test]
fn another_tenant_s_chain_is_not_this_one_s() {
    let other = TenantId::new("other").unwrap();
    let broken = verify(&other, chain(3), None).unwrap_err();
    assert_eq!(broken, Broken { seq: 0, why: BrokenBy::Tenant });
}

#[test]
fn an_entry_reads_back_as_it_was_stored() {
    for entry in chain(6) {
        let json = serde_json::to_string(&entry).unwrap();
        let again: Entry = serde_json::from_str(&json).unwrap();
        assert_eq!(again.expected_digest(), entry.digest);
        let micros = Timestamp::from_microsecond(entry.at.as_microsecond()).unwrap();
        assert_eq!(micros, entry.at, "a store that keeps microseconds keeps the digest");
    }
}

#[test]
fn the_canonical_form_does_not_change_unnoticed() {
    // Stored chains outlive the code: a change of this digest needs a new version of the form, and a verifier of the old one. The
    // digest was computed by another program, from the description in `entry.rs`.
    let pinned = "1cf78faf39f424500a59042a2cfc6242690f132f31f2819725cfd5d71bf2aa4a";
    assert_eq!(chain(4)[3].digest.to_string(), pinned);
}

proptest! {
    #[test]
    fn any_edit_is_found(len in 1usize..40, place in any::<prop::sample::Index>(), what in 0usize..13) {
        let mut entries = chain(len);
        let place = place.index(len);
        edit(&mut entries[place], what);
        let broken = verify(&tenant(), &entries, None).unwrap_err();
        prop_assert_eq!(broken.seq, place as u64);
    }

    #[test]
    fn an_edit_with_a_new_digest_is_found_at_the_next_entry(
        len in 2usize..40, place in any::<prop::sample::Index>(), what in 0usize..9
    ) {
        let mut entries = chain(len);
        let place = place.index(len - 1);
        edit(&mut entries[place], what);
        entries[place].digest = entries[place].expected_digest();
        let broken = verify(&tenant(), &entries, None).unwrap_err();
        prop_assert_eq!(broken, Broken { seq: place as u64 + 1, why: BrokenBy::Link });
    }

    #[test]
    fn any_deletion_but_of_the_tail_is_found(len in 2usize..40, place in any::<prop::sample::Index>()) {
        let mut entries = chain(len);
        let place = place.index(len - 1);
        entries.remove(place);
        let broken = verify(&tenant(), &entries, None).unwrap_err();
        prop_assert_eq!(broken.seq, place as u64);
    }

    #[test]
    fn a_deletion_that_numbers_anew_is_found(len in 2usize..40, place in any::<prop::sample::Index>()) {
        let mut entries = chain(len);
        let place = place.index(len - 1);
        entries.remove(place);
        for (seq, entry) in entries.iter_mut().enumerate() {
            entry.seq = seq as u64;
        }
        let broken = verify(&tenant(), &entries, None).unwrap_err();
        prop_assert_eq!(broken.seq, place as u64);
    }

    #[test]
    fn any_reordering_is_found(
        len in 2usize..40, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()
    ) {
        let mut entries = chain(len);
        let (a, b) = (a.index(len), b.index(len));
        prop_assume!(a != b);
        entries.swap(a, b);
        prop_assert!(verify(&tenant(), &entries, None).is_err());
        entries[a].seq = a as u64;
        entries[b].seq = b as u64;
        prop_assert!(verify(&tenant(), &entries, None).is_err());
    }

    #[test]
    fn any_insertion_before_the_end_is_found(
        len in 1usize..40, place in any::<prop::sample::Index>(), copy in any::<prop::sample::Index>()
    ) {
        let mut entries = chain(len);
        let place = place.index(len);
        let mut forged = entries[copy.index(len)].clone();
        forged.seq = place as u64;
        forged.prev = match place {
            0 => genesis(&tenant()),
            _ => entries[place - 1].digest,
        };
        forged.object = Some(ObjectId::new("forged").unwrap());
        forged.digest = forged.expected_digest();
        entries.insert(place, forged);
        let broken = verify(&tenant(), &entries, None).unwrap_err();
        prop_assert_eq!(broken.seq, place as u64 + 1, "the next entry does not follow the forged one");
    }
}
