//! The hold detector against synthesised music and synthesised speech, both through mu-law.

use super::*;
use crate::g711;

/// A fixture clip, looked up from the crate's folder.
fn clip(name: &str) -> Vec<u8> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio").join(name);
    std::fs::read(path).expect("the clip is part of the repository")
}

fn run(detector: &mut HoldDetector, at: &mut u64, codes: &[u8]) -> Vec<(HoldEvidence, u64, u64)> {
    let mut told = Vec::new();
    for chunk in codes.chunks_exact(FRAME) {
        let mut samples = [0; FRAME];
        g711::decode_into(chunk, &mut samples);
        if let Some((evidence, began)) = detector.frame(SampleTime(*at), &samples, false) {
            told.push((evidence, began.as_ms(), SampleTime(*at + FRAME as u64).as_ms()));
        }
        *at += FRAME as u64;
    }
    told
}

const NOTES: [[f32; 3]; 4] =
    [[261.6, 329.6, 392.0], [220.0, 261.6, 329.6], [174.6, 220.0, 261.6], [196.0, 246.9, 293.7]];

fn partials(hz: f32, t: f32, count: u32, fall: f32) -> f32 {
    (1..=count)
        .map(|h| {
            let h = h as f32;
            (-t * fall * h).exp() / h * (std::f32::consts::TAU * hz * h * t).sin()
        })
        .sum()
}

/// Sustained chords, one a second.
fn chords(n: usize) -> f32 {
    let t = (n % 8_000) as f32 / 8_000.0;
    let envelope = (1.0 - (-t * 30.0).exp()) * (-t * 0.7).exp();
    NOTES[n / 8_000 % 4]
        .iter()
        .map(|hz| 1_500.0 * envelope * partials(*hz, n as f32 / 8_000.0, 3, 0.0))
        .sum()
}

/// A plucked melody, four or six notes a second, each ringing into the next.
fn plucked(n: usize, step: usize) -> f32 {
    let mut sum = 0.0;
    for back in 0..3 {
        let Some(note) = (n / step).checked_sub(back) else {
            break;
        };
        let t = (n - note * step) as f32 / 8_000.0;
        let octave = if note % 2 == 0 { 2.0 } else { 1.0 };
        sum += 2_500.0
            * (-t * 5.0).exp()
            * partials(NOTES[note / 8 % 4][note * 5 % 3] * octave, t, 5, 2.0);
    }
    sum
}

/// A lead with vibrato and a drum over chords: the hardest of these, as its spectrum never stands still.
fn band(n: usize) -> f32 {
    let t = n as f32 / 8_000.0;
    let hz = NOTES[n / 12_000 % 4][n / 3_000 * 5 % 3] * 2.0;
    let phase = std::f32::consts::TAU * hz * t + 3.0 * (std::f32::consts::TAU * 5.5 * t).sin();
    let hiss = ((n as u32).wrapping_mul(2_654_435_761) >> 16) as u16 as i16;
    let drum = f32::from(hiss) * 0.15 * (-((n % 4_000) as f32) / 200.0).exp();
    0.4 * chords(n) + 1_800.0 * phase.sin() + 700.0 * (2.0 * phase).sin() + drum
}

fn render(seconds: usize, sound: impl Fn(usize) -> f32) -> Vec<u8> {
    (0..seconds * 8_000).map(|n| g711::encode(sound(n) as i16)).collect()
}

#[test]
fn music_is_music_and_wakes_nobody() {
    let pieces: [(&str, Vec<u8>); 5] = [
        ("chords", render(60, chords)),
        ("plucked", render(60, |n| plucked(n, 2_000))),
        ("fast plucked", render(60, |n| plucked(n, 1_300))),
        ("both", render(60, |n| 0.5 * chords(n) + plucked(n, 2_000))),
        ("band", render(60, band)),
    ];
    for (name, codes) in pieces {
        let told = run(&mut HoldDetector::new(), &mut 0, &codes);
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert_eq!(told[0].0, HoldEvidence::Music, "{name}");
        assert!(told[0].2 <= 2_000, "{name} told after {} ms", told[0].2);
    }
}

#[test]
fn speech_wakes_within_six_hundred_milliseconds() {
    for name in ["greet.ulaw", "queue.ulaw", "answer.ulaw"] {
        let voice = clip(name);
        let onset = voice
            .chunks(FRAME)
            .position(|chunk| chunk.iter().any(|code| g711::decode(*code).abs() > 500))
            .expect("the clip is not silent") as u64;
        for lead in
            [render(6, chords), render(6, |n| plucked(n, 2_000)), vec![g711::SILENCE; 24_000]]
        {
            let mut detector = HoldDetector::new();
            let mut at = 0;
            run(&mut detector, &mut at, &lead);
            let begins = SampleTime(at).as_ms() + onset * 20;
            let told = run(&mut detector, &mut at, &voice);
            let (evidence, began, noticed) = told.first().copied().expect("speech is noticed");
            assert_eq!(evidence, HoldEvidence::SpeechCandidate, "{name}");
            assert!(
                noticed - begins <= 600,
                "{name}: noticed {} ms after it began",
                noticed - begins
            );
            assert!(began <= begins + 100, "{name}: said to begin {began}, began {begins}");
        }
    }
}

#[test]
fn an_announcement_between_two_pieces_is_a_candidate_and_music_comes_back() {
    let mut detector = HoldDetector::new();
    let mut at = 0;
    let mut told = Vec::new();
    for part in [render(8, chords), clip("queue.ulaw"), render(6, |n| plucked(n, 2_000))] {
        told.extend(run(&mut detector, &mut at, &part).into_iter().map(|t| t.0));
    }
    assert_eq!(told, [HoldEvidence::Music, HoldEvidence::SpeechCandidate, HoldEvidence::Music]);
}

#[test]
fn silence_is_told_once_and_dated_back() {
    let mut detector = HoldDetector::new();
    let mut at = 0;
    run(&mut detector, &mut at, &render(4, chords));
    let told = run(&mut detector, &mut at, &vec![g711::SILENCE; 80_000]);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0, told[0].1), (HoldEvidence::Silence, 4_000));
}

#[test]
fn tones_count_for_nothing() {
    let mut detector = HoldDetector::new();
    let ring = render(2, |n| {
        let t = std::f32::consts::TAU * n as f32 / 8_000.0;
        3_000.0 * ((440.0 * t).sin() + (480.0 * t).sin())
    });
    for (n, chunk) in ring.chunks_exact(FRAME).enumerate() {
        let mut samples = [0; FRAME];
        g711::decode_into(chunk, &mut samples);
        assert_eq!(detector.frame(SampleTime((n * FRAME) as u64), &samples, true), None);
    }
}
