//! Properties of the register over random rows: a permit is given exactly where every condition holds, and spoiling any one of them refuses.

use jiff::ToSpan;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

const FLAGS: [RetentionFlag; 4] = [
    RetentionFlag::NoTraining,
    RetentionFlag::NoRetention,
    RetentionFlag::AuthenticatedMedia,
    RetentionFlag::CustomerKey,
];

fn today() -> Date {
    now().to_zoned(TimeZone::UTC).date()
}

/// Days about the edges, and far from them.
fn days() -> impl Strategy<Value = i32> {
    prop_oneof![select(vec![-366, -365, -1, 0, 1, 365]), -1_000..1_000]
}

fn day(offset: i32) -> Date {
    today() + offset.days()
}

prop_compose! {
    fn hosted_anyhow()(
        signed in days(),
        expires in days(),
        verified_at in days(),
        flags in subsequence(FLAGS.to_vec(), 0..=4),
    ) -> Location {
        let agreement = Agreement {
            sha256: Digest::of(b"agreement"),
            signed: day(signed),
            expires: day(expires),
            verified_at: day(verified_at),
            verifier: PersonId::new("ann").unwrap(),
        };
        Location::Hosted { agreement, flags: flags.into_iter().collect() }
    }
}

fn locations() -> impl Strategy<Value = Location> {
    let networks = ["127.0.0.0/8", "::1/128", "10.20.0.0/16", "10.0.0.0/8", "192.168.1.0/24"];
    let on_premises = select(networks.to_vec())
        .prop_map(|network| Location::OnPremises { network: network.parse().unwrap() });
    prop_oneof![3 => hosted_anyhow(), 1 => on_premises]
}

fn rows() -> impl Strategy<Value = Row> {
    let ids = ["ear", "deepgram", "openai", "elevenlabs", "twilio", "aws", "langfuse"];
    let regions = vec![Region::UnitedStates, Region::UnitedStates, Region::Elsewhere];
    (select(ids.to_vec()), select(Role::ALL.to_vec()), select(regions), locations()).prop_map(
        |(id, role, region, location)| Row {
            id: VendorId::new(id).unwrap(),
            role,
            region,
            location,
        },
    )
}

/// The conditions, written down a second time.
fn may(row: &Row, policy: &Policy) -> bool {
    let placed = match &row.location {
        Location::OnPremises { network } => {
            let declared = &policy.vendors.networks;
            network.is_loopback() || declared.iter().any(|outer| outer.covers(network))
        }
        Location::Hosted { agreement, flags } => {
            let oldest = today() - 365.days();
            let in_force = agreement.signed <= today() && today() <= agreement.expires;
            let verified = (oldest..=today()).contains(&agreement.verified_at);
            let of_role = policy.vendors.required_flags.get(&row.role);
            let of_role = of_role.is_some_and(|required| required.is_subset(flags));
            let known = known::KNOWN
                .iter()
                .filter(|known| known.id() == row.id.as_str() && known.role() == row.role);
            let of_vendor = known.flat_map(|known| known.required()).all(|f| flags.contains(f));
            in_force && verified && of_role && of_vendor
        }
    };
    placed && row.region == Region::UnitedStates && policy.vendors.permit_s > 0
}

/// One way to spoil a row.
#[derive(Clone, Copy, Debug)]
enum Spoil {
    Region,
    SignedTomorrow,
    ExpiredYesterday,
    VerifiedTomorrow,
    VerifiedLongAgo,
    Flag(usize),
    Twice,
    OtherRole,
}

const SPOILS: [Spoil; 9] = [
    Spoil::Region,
    Spoil::SignedTomorrow,
    Spoil::ExpiredYesterday,
    Spoil::VerifiedTomorrow,
    Spoil::VerifiedLongAgo,
    Spoil::Flag(0),
    Spoil::Flag(1),
    Spoil::Twice,
    Spoil::OtherRole,
];

fn spoil(register: &mut Register, how: Spoil) {
    let row = &mut register.rows[0];
    let Location::Hosted { agreement, flags } = &mut row.location else { panic!("it is hosted") };
    match how {
        Spoil::Region => row.region = Region::Elsewhere,
        Spoil::SignedTomorrow => agreement.signed = day(1),
        Spoil::ExpiredYesterday => agreement.expires = day(-1),
        Spoil::VerifiedTomorrow => agreement.verified_at = day(1),
        Spoil::VerifiedLongAgo => agreement.verified_at = day(-366),
        Spoil::Flag(at) => drop(flags.remove(&BOTH[at])),
        Spoil::Twice => {
            let again = row.clone();
            register.rows.push(again);
        }
        // Of every row: of two rows, one that goes is the other's mending.
        Spoil::OtherRole => register.rows.iter_mut().for_each(|row| row.role = Role::Crm),
    }
}

proptest! {
    #[test]
    fn a_permit_is_given_exactly_where_every_condition_holds(row in rows(), declare in any::<bool>()) {
        let mut policy = Policy::recommended();
        if declare {
            policy.vendors.networks.push("10.0.0.0/8".parse().unwrap());
        }
        let permit = ask_at(&row, &policy, now());
        prop_assert_eq!(permit.is_ok(), may(&row, &policy), "{:?}: {:?}", row, permit.err());
        if let Ok(permit) = permit {
            prop_assert!(permit.is_valid_at(now()));
            prop_assert_eq!((permit.role(), permit.vendor()), (row.role, &row.id));
        }
        prop_assert!(ask_at(&row, &Policy::strict_default(), now()).is_err());
    }

    #[test]
    fn no_change_to_a_spoilt_row_but_its_mending_gives_a_permit(
        spoils in subsequence(SPOILS.to_vec(), 1..=9),
        expires in 0..2_000_i32,
        more in subsequence(FLAGS[2..].to_vec(), 0..=2),
    ) {
        let mut row = hosted(&BOTH);
        if let Location::Hosted { agreement, flags } = &mut row.location {
            agreement.expires = day(expires);
            flags.extend(more);
        }
        let mut register = Register { rows: vec![row] };
        let ask = |register: &Register| {
            let id = VendorId::new("ear").unwrap();
            register.egress(Role::SpeechToText, &id, now(), &Policy::recommended()).err()
        };
        prop_assert_eq!(ask(&register), None);
        for how in &spoils {
            spoil(&mut register, *how);
            prop_assert!(ask(&register).is_some(), "{how:?} of {spoils:?} left a permit");
        }
    }
}
