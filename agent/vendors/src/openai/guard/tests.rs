//! What passes and what does not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use callwright_core::{FieldId, Topic, TurnId};
use callwright_prompts::{ModelBrief, Pack};
use callwright_understanding::{Wording, rules_model};

use super::*;

static BRIEF: LazyLock<ModelBrief> = LazyLock::new(|| ModelBrief::embedded().unwrap());

fn pass(goals: &[Goal], pieces: &[&str]) -> Result<Vec<Segment>, Off> {
    pass_worded(goals, pieces, &[])
}

fn pass_worded(goals: &[Goal], pieces: &[&str], wordings: &[String]) -> Result<Vec<Segment>, Off> {
    let mut guard = Guard::new(goals, &BRIEF.never, wordings);
    let segments = pieces.iter().map(|piece| guard.piece(piece)).collect::<Result<_, _>>()?;
    guard.finish()?;
    Ok(segments)
}

fn field(place: u16) -> Topic {
    Topic::Field(FieldId(place))
}

const MEMBER: Goal = Goal::Provide(DataItem::MemberId);

#[test]
fn a_segment_carries_what_its_tokens_name() {
    let goals = [MEMBER, Goal::ReadBack(field(2), ValueId(9)), Goal::Ask(field(3))];
    let said = pass(
        &goals,
        &["Sure, the member I D is {member_id}.", "I have {heard}, is that right?", "Thanks!"],
    )
    .unwrap();
    let carried: Vec<_> = said.iter().map(|s| (s.carries.clone(), s.heard)).collect();
    let expected =
        [(vec![DataItem::MemberId], None), (Vec::new(), Some(ValueId(9))), (Vec::new(), None)];
    assert_eq!(carried, expected);
}

#[test]
fn a_token_that_no_goal_names_fails_the_turn() {
    for piece in [
        "It is {npi}.",
        "It is {heard}.",
        "It is {heard:id#3}.",
        "It is {member_id}, that is {member_id}.",
        "It is {member_id} for {patient_name}.",
    ] {
        assert_eq!(pass(&[MEMBER], &[piece]), Err(Off::Token), "{piece}");
    }
    for piece in ["It is {ssn}.", "It is {member_id.", "It is member_id}."] {
        assert_eq!(pass(&[MEMBER], &[piece]), Err(Off::Template), "{piece}");
    }
}

#[test]
fn what_was_to_be_said_must_be_said() {
    assert_eq!(pass(&[MEMBER], &["One moment, please."]), Err(Off::Missing));
    let read_back = Goal::ReadBack(Topic::Reference, ValueId(1));
    assert_eq!(pass(&[read_back], &["Is that correct?"]), Err(Off::Missing));
    assert_eq!(pass(&[read_back], &[]), Err(Off::Missing));
    assert!(pass(&[Goal::Provide(DataItem::Ssn)], &["I do not have that."]).is_ok());
}

#[test]
fn numbers_of_its_own_fail_the_turn() {
    let ask = [Goal::Ask(field(0))];
    for piece in ["Is it 4 or more?", "Is it twenty five percent?", "Is it ½?", "one, two"] {
        assert_eq!(pass(&ask, &[piece]), Err(Off::Number), "{piece}");
    }
    assert_eq!(pass(&ask, &["It is forty,", "five, right?"]), Err(Off::Number));
    assert!(pass(&ask, &["One moment, and is there one?"]).is_ok());
}

#[test]
fn it_never_claims_consents_or_promises() {
    let ask = [Goal::Acknowledge];
    for (piece, class) in [
        ("I am a human.", Class::Humanity),
        ("I'm a real person.", Class::Humanity),
        ("I\u{2019}m not a robot, no.", Class::Humanity),
        ("Yes. I AGREE to that.", Class::Consent),
        ("We will pay the rest.", Class::Commitment),
        ("This is not recorded.", Class::Recording),
        ("She should stop taking it.", Class::Advice),
        ("Please call us on another line.", Class::Elsewhere),
        ("I was told to ask.", Class::Instructions),
        ("I will put you through.", Class::Transfer),
        ("I have a good day.", Class::Own),
    ] {
        assert_eq!(pass(&ask, &[piece]), Err(Off::Phrase(class)), "{piece}");
    }
    let across = pass(&ask, &["Well, I am a", "human, of course."]);
    assert_eq!(across, Err(Off::Phrase(Class::Humanity)));
    assert!(pass(&ask, &["I am a human-like voice"]).is_err());
    assert!(pass(&ask, &["I am calling about benefits."]).is_ok());
}

#[test]
fn letters_of_other_alphabets_and_hidden_ones_fail_the_turn() {
    for piece in ["I am hum\u{0430}n.", "a hu\u{200b}man", "\u{ff29} am", "caf\u{e9}", "na\u{308}h"]
    {
        assert_eq!(pass(&[Goal::Acknowledge], &[piece]), Err(Off::Character), "{piece:?}");
    }
}

#[test]
fn words_that_turns_are_not_made_of_fail_the_turn() {
    let goals = [Goal::Ask(field(0))];
    for piece in ["Zebulon is active.", "Gracias, el plan.", "The toaster is covered."] {
        assert_eq!(pass(&goals, &[piece]), Err(Off::Word), "{piece}");
    }
    let wordings = ["What does the toaster cover?".to_owned()];
    assert!(pass_worded(&goals, &["Is the toaster covered?"], &wordings).is_ok());
}

#[test]
fn markup_and_overlong_pieces_fail_the_turn() {
    let ask = [Goal::Acknowledge];
    for piece in ["**Sure**", "Sure <break/>", "a\tb", "50% [x]", "(sure)"] {
        assert!(pass(&ask, &[piece]).is_err(), "{piece}");
    }
    assert_eq!(pass(&ask, &["a ".repeat(200).as_str()]), Err(Off::Long));
    assert_eq!(pass(&ask, &["Yes."; PIECES_MAX + 1]), Err(Off::Long));
}

/// The wordings that a model is offered are wordings that it may use.
#[test]
fn every_wording_of_the_pack_passes() {
    let pack = Pack::embedded().unwrap();
    let questions = pack.question_set("medical").unwrap();
    let fields = (0..questions.fields.len()).map(|place| field(u16::try_from(place).unwrap()));
    let topics: Vec<Topic> = fields.chain([Topic::Name, Topic::Reference]).collect();
    let items = [DataItem::MemberId, DataItem::Npi, DataItem::PatientDateOfBirth, DataItem::Ssn];
    let goals = topics
        .iter()
        .flat_map(|topic| [Goal::Ask(*topic), Goal::ReadBack(*topic, ValueId(1))])
        .chain(items.into_iter().flat_map(|i| [Goal::Provide(i), Goal::CannotProvide(i)]))
        .chain([
            Goal::Acknowledge,
            Goal::AreYouThere,
            Goal::Clarify,
            Goal::Close,
            Goal::GiveReason,
        ]);
    for goal in goals {
        for round in 0..4_u8 {
            let wording = Wording {
                pack: &pack,
                questions,
                answered: &BTreeSet::new(),
                turn: TurnId(u32::from(round)),
                again: round,
            };
            for segment in rules_model::turn(&[goal], &wording) {
                let text = segment.template.to_string();
                let worded = pass_worded(&[goal], &[&text], std::slice::from_ref(&text));
                assert_eq!(worded, Ok(vec![segment]), "{text}");
            }
        }
    }
}
