//! What is read from ledgers, over random ones: asked from the other side, the answer must be in the ledger.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::class::CallPurpose;
use crate::id::{ObjectId, RequestId, VendorId};
use crate::incident::IncidentEvent;
use crate::vendor::Role;

fn recipients() -> impl Strategy<Value = Recipient> {
    let vendor = |id: &str, role| Recipient::Vendor { id: VendorId::new(id).unwrap(), role };
    prop_oneof![
        Just(Recipient::FarEnd),
        Just(vendor("ear", Role::SpeechToText)),
        Just(vendor("mind", Role::LanguageModel)),
        Just(vendor("shelf", Role::Storage)),
    ]
}

fn ledgers() -> impl Strategy<Value = Vec<Sent>> {
    let fields = proptest::sample::subsequence(Field::ALL, 0..4);
    let one = (0_u8..4, 0_u8..3, 0_i64..900, recipients(), fields, 0_u64..5_000);
    let sent = one.prop_map(|(request, call, at, recipient, fields, bytes)| Sent {
        request: RequestId::new(&format!("r{request}")).unwrap(),
        call: ObjectId::new(&format!("r{request}-c{call}")).unwrap(),
        at: Timestamp::from_second(1_800_000_000 + at).unwrap(),
        recipient,
        purpose: CallPurpose::MedicalBenefits,
        fields: fields.into_iter().collect(),
        bytes,
    });
    proptest::collection::vec(sent, 0..60)
}

proptest! {
    /// Asked from the other side: for each individual, recipient and field, whether some entry of the ledger says so.
    #[test]
    fn the_exposure_is_what_the_ledger_says(ledger in ledgers()) {
        let exposure: Exposure = ledger.iter().cloned().collect();
        let about = FieldSet::HEALTH.union(FieldSet::of(&[Field::Ciphertext]));
        for sent in &ledger {
            let fields = sent.fields.intersection(about);
            let kept = exposure.individuals().get(&sent.request);
            let kept = kept.and_then(|to| to.get(&sent.recipient));
            if fields.is_empty() {
                continue;
            }
            let kept = kept.unwrap();
            prop_assert!(fields.is_subset_of(kept.fields));
            prop_assert!(kept.first <= sent.at && sent.at <= kept.last);
        }
        for (request, to) in exposure.individuals() {
            for (recipient, exposed) in to {
                let theirs = || ledger.iter().filter(|sent| {
                    (&sent.request, &sent.recipient) == (request, recipient)
                        && !sent.fields.intersection(about).is_empty()
                });
                prop_assert_eq!(theirs().map(|sent| sent.bytes).sum::<u64>(), exposed.bytes);
                prop_assert_eq!(theirs().map(|sent| sent.at).min(), Some(exposed.first));
                prop_assert_eq!(theirs().map(|sent| sent.at).max(), Some(exposed.last));
                for field in exposed.fields.iter() {
                    prop_assert!(theirs().any(|sent| sent.fields.contains(field)), "{field:?}");
                }
                let clear = theirs().any(|s| !s.fields.intersection(FieldSet::HEALTH).is_empty());
                prop_assert_eq!(exposed.form == Form::Clear, clear);
            }
        }
        let clear: Vec<_> = exposure.in_clear().cloned().collect();
        for (request, to) in exposure.individuals() {
            let any = to.values().any(|exposed| exposed.form == Form::Clear);
            prop_assert_eq!(clear.contains(request), any);
        }
    }

    #[test]
    fn the_order_of_the_ledger_does_not_matter(ledger in ledgers()) {
        let forward: Exposure = ledger.iter().cloned().collect();
        let backward: Exposure = ledger.into_iter().rev().collect();
        prop_assert_eq!(forward, backward);
    }
}

fn sent(call: &str, recipient: &Recipient, fields: &[Field]) -> Sent {
    Sent {
        request: RequestId::new("r").unwrap(),
        call: ObjectId::new(call).unwrap(),
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        recipient: recipient.clone(),
        purpose: CallPurpose::DentalBenefits,
        fields: FieldSet::of(fields),
        bytes: 1,
    }
}

#[test]
fn only_what_had_no_ground_is_inside() {
    let vendor = |id: &str, role| Recipient::Vendor { id: VendorId::new(id).unwrap(), role };
    let (ear, voice) = (vendor("ear", Role::SpeechToText), vendor("voice", Role::TextToSpeech));
    let ledger = [
        sent("good", &Recipient::FarEnd, &[Field::MemberId]),
        sent("bad", &Recipient::FarEnd, &[Field::MemberId, Field::AgentWords]),
        sent("bad", &ear, &[Field::FarEndAudio]),
        sent("bad", &voice, &[Field::PatientName]),
        // Nothing about the patient: no disclosure.
        sent("bad", &Recipient::FarEnd, &[Field::Npi, Field::ProviderName]),
    ];
    let incident = |event, vendor: Option<&str>| CallIncident {
        call: ObjectId::new("bad").unwrap(),
        event,
        vendor: vendor.map(|id| VendorId::new(id).unwrap()),
    };
    let incidents = BTreeSet::from([
        incident(IncidentEvent::PhiToWrongParty, None),
        incident(IncidentEvent::VendorWithoutAgreement, Some("ear")),
        incident(IncidentEvent::CallOutsideWindow, None),
    ]);
    let found = account(&ledger, &incidents);
    let standing = |call: &str, recipient: &Recipient| {
        let one = found.iter().find(|d| d.call.as_str() == call && d.recipient == *recipient);
        one.unwrap().standing
    };
    assert_eq!(found.len(), 4);
    assert_eq!(standing("good", &Recipient::FarEnd), Standing::ExcludedPayment);
    assert_eq!(standing("bad", &Recipient::FarEnd), Standing::InsideWrongParty);
    assert_eq!(standing("bad", &ear), Standing::InsideNoAgreement);
    assert_eq!(standing("bad", &voice), Standing::ExcludedAssociate);
    assert!(found.iter().all(|d| d.pieces == 1), "the provider's own data count as nothing");
}

proptest! {
    #[test]
    fn every_piece_about_a_patient_is_in_one_disclosure(ledger in ledgers()) {
        let found = account(&ledger, &BTreeSet::new());
        let about = ledger.iter().filter(|sent| sent.form().is_some());
        prop_assert_eq!(found.iter().map(|d| d.pieces).sum::<u64>(), about.clone().count() as u64);
        let bytes = about.map(|sent| sent.bytes).sum::<u64>();
        prop_assert_eq!(found.iter().map(|d| d.bytes).sum::<u64>(), bytes);
        prop_assert!(found.iter().all(|d| !d.standing.is_inside() && !d.fields.is_empty()));
        prop_assert!(found.is_sorted_by_key(|d| d.first));
    }
}
