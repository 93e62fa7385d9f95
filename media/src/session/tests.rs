//! The session, fed with silence, clips of synthesised speech, keys, and payloads cut at random.

use super::*;
use crate::tone::dtmf::{Press, generate};
use proptest::prelude::*;

fn clip(name: &str) -> Vec<u8> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio").join(name);
    std::fs::read(path).expect("the clip is part of the repository")
}

fn feed(session: &mut Session, codes: &[u8]) -> Vec<MediaEvent> {
    let mut events = Vec::new();
    for payload in codes.chunks(FRAME) {
        session.receive(0, payload).unwrap();
        while session.next_frame().is_some() {
            events.extend(std::iter::from_fn(|| session.poll_event()));
        }
    }
    events
}

fn silence(ms: usize) -> Vec<u8> {
    vec![g711::SILENCE; ms * 8]
}

#[test]
fn an_utterance_has_a_start_and_an_end_near_the_truth() {
    let mut session = Session::new(SessionConfig::default());
    let mut line = silence(1_000);
    line.extend(clip("answer.ulaw"));
    line.extend(silence(1_000));
    let borders: Vec<MediaEvent> = feed(&mut session, &line)
        .into_iter()
        .filter(|e| !matches!(e, MediaEvent::Hold { .. }))
        .collect();
    let loud = |code: &u8| g711::decode(*code).abs() > 400;
    let first = line.iter().position(loud).unwrap() as u64 / 8;
    let last = line.iter().rposition(loud).unwrap() as u64 / 8;
    let Some(MediaEvent::SpeechStarted { at, profile: Profile::Menu }) = borders.first() else {
        panic!("no start: {borders:?}");
    };
    assert!(at.as_ms().abs_diff(first) <= 80, "started {} truth {first}", at.as_ms());
    let Some(MediaEvent::SpeechEnded { at, .. }) = borders.last() else {
        panic!("no end: {borders:?}");
    };
    assert!(at.as_ms().abs_diff(last) <= 150, "ended {} truth {last}", at.as_ms());
}

#[test]
fn silence_makes_no_speech() {
    let mut session = Session::new(SessionConfig::default());
    let events = feed(&mut session, &silence(5_000));
    assert!(
        events
            .iter()
            .all(|e| matches!(e, MediaEvent::Hold { evidence: HoldEvidence::Silence, .. }))
    );
}

#[test]
fn on_hold_only_the_hold_detector_speaks_and_waking_looks_back() {
    let mut session =
        Session::new(SessionConfig { profile: Profile::Hold, ..SessionConfig::default() });
    feed(&mut session, &silence(3_000));
    let voice = clip("greet.ulaw");
    let onset = 3_000 + voice.iter().position(|c| g711::decode(*c).abs() > 400).unwrap() as u64 / 8;
    let events = feed(&mut session, &voice[..8_000]);
    assert!(events.iter().all(|e| matches!(e, MediaEvent::Hold { .. })), "{events:?}");
    session.set_profile(Profile::Person);
    let Some(MediaEvent::SpeechStarted { at, profile: Profile::Person }) = session.poll_event()
    else {
        panic!("waking finds the utterance that is under way");
    };
    assert!(at.as_ms().abs_diff(onset) <= 120, "started {} truth {onset}", at.as_ms());
    session.set_profile(Profile::Hold);
    assert!(matches!(session.poll_event(), Some(MediaEvent::SpeechEnded { .. })));
}

#[test]
fn keys_are_heard_and_speech_holds_none() {
    let mut session = Session::new(SessionConfig::default());
    let events = feed(&mut session, &generate(&Key::parse_all("42#").unwrap(), Press::default()));
    let keys: String =
        events
            .iter()
            .filter_map(|e| {
                if let MediaEvent::Digit { key, .. } = e { Some(key.symbol()) } else { None }
            })
            .collect();
    assert_eq!(keys, "42#");
    for name in ["greet.ulaw", "queue.ulaw", "answer.ulaw"] {
        let events = feed(&mut Session::new(SessionConfig::default()), &clip(name));
        let tones =
            |e: &MediaEvent| matches!(e, MediaEvent::Digit { .. } | MediaEvent::Tone { .. });
        assert!(!events.iter().any(tones), "{name}: {events:?}");
    }
}

#[test]
fn a_stall_is_told_once_and_is_no_silence() {
    let mut session = Session::new(SessionConfig::default());
    session.on_tick(10_000_000);
    assert_eq!(session.poll_event(), None, "nothing has begun");
    session.receive(10_000_000, &silence(20)).unwrap();
    assert!(session.next_frame().is_some());
    assert_eq!(session.poll_timeout(), Some(10_400_000));
    session.on_tick(10_399_999);
    assert_eq!(session.poll_event(), None);
    session.on_tick(10_400_000);
    session.on_tick(11_000_000);
    assert_eq!(session.poll_event(), Some(MediaEvent::Stalled));
    assert_eq!(session.poll_event(), None);
    assert_eq!(session.now(), SampleTime(160));
    session.receive(12_000_000, &silence(20)).unwrap();
    assert_eq!(session.poll_event(), Some(MediaEvent::Resumed));
}

#[test]
fn a_flood_is_refused_whole() {
    let mut session = Session::new(SessionConfig::default());
    session.receive(0, &silence(3_990)).unwrap();
    assert!(session.receive(0, &silence(20)).is_err());
    let frames = std::iter::from_fn(|| session.next_frame()).count();
    assert_eq!(frames, 199);
}

#[test]
fn pre_roll_gives_the_last_five_seconds_at_most() {
    let mut session = Session::new(SessionConfig::default());
    for n in 0..400_u32 {
        session.far_frame(&[(n % 251) as u8; FRAME]);
    }
    let (begins, a, b) = session.pre_roll(SampleTime(0));
    assert_eq!((begins, a.len() + b.len()), (SampleTime(150 * 160), 40_000));
    let (begins, a, b) = session.pre_roll(SampleTime(399 * 160));
    assert_eq!(begins, SampleTime(399 * 160));
    assert_eq!([a, b].concat(), vec![(399 % 251) as u8; FRAME]);
}

proptest! {
    /// However the carrier cuts the audio, the frames are the same and none is lost.
    #[test]
    fn payloads_of_any_length_give_the_same_frames(cuts in prop::collection::vec(0_usize..700, 1..30)) {
        let total: usize = cuts.iter().sum();
        let sent: Vec<u8> = (0..total).map(|n| (n % 253) as u8).collect();
        let mut session = Session::new(SessionConfig::default());
        let mut taken = Vec::new();
        let mut rest = &sent[..];
        for cut in cuts {
            let (payload, tail) = rest.split_at(cut);
            session.receive(0, payload).unwrap();
            rest = tail;
            while let Some((at, frame)) = session.next_frame() {
                prop_assert_eq!(at.0 as usize, taken.len());
                taken.extend(frame);
            }
        }
        prop_assert_eq!(taken.len(), total / FRAME * FRAME);
        prop_assert_eq!(&taken[..], &sent[..taken.len()]);
    }
}
