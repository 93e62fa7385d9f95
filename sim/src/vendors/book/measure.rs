//! How well the book hears every sentence of every payer in `fixtures/payers`, said by the far end's own voice, and that it hears
//! nothing in what they did not say. Skipped where the voice is not installed.

use super::*;
use crate::payer::scenario::Scenario;
use crate::payer::words;
use crate::speech::{music, payer_voice};
use crate::vendors::draw::Draws;
use callwright_media::dtmf::{Key, Press, generate};
use callwright_media::resample::wideband_to_mulaw;
use callwright_speech_local::flite::{Synthesiser, Voice};
use std::sync::Arc;

const FRAME: usize = 160;

struct Spoken {
    book: Arc<Book>,
    clips: Vec<Clip>,
    voice: Synthesiser,
}

/// Everything that all payers may say, or a printed reason why the test is skipped.
fn payers() -> Option<Spoken> {
    let voice = payer_voice().inspect_err(|missing| println!("skipped: {missing}")).ok()?;
    let mut texts = Vec::new();
    for name in ["acme-medical", "brief", "quick"] {
        let path = format!("{}/../fixtures/payers/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        texts.extend(Scenario::load(std::path::Path::new(&path)).unwrap().texts());
    }
    texts.sort();
    texts.dedup();
    let spoken = |text: String| {
        let mulaw = wideband_to_mulaw(&voice.speak(&text).unwrap());
        Clip { text, mulaw }
    };
    let clips: Vec<Clip> = texts.into_iter().map(spoken).collect();
    Some(Spoken { book: Arc::new(Book::new(&clips)), clips, voice })
}

fn heard(book: &Arc<Book>, mulaw: &[u8]) -> Vec<String> {
    let mut hearing = Hearing::new(Arc::clone(book));
    hearing.push(mulaw);
    hearing.words().into_iter().map(|word| word.word).collect()
}

/// What becomes of a stream of which so many frames in a thousand are lost: half of them are missing, half repeat the one before.
fn lossy(mulaw: &[u8], per_mille: u64, draws: &mut Draws) -> Vec<u8> {
    let lead = usize::try_from(draws.next() % 400).unwrap();
    let mut stream = vec![0xFF; lead];
    let mut last = vec![0xFF; FRAME];
    for frame in mulaw.chunks(FRAME) {
        match (draws.next() % 1_000 < per_mille, draws.next() % 2) {
            (true, 0) => {}
            (true, _) => stream.extend(&last),
            (false, _) => stream.extend(frame),
        }
        last = frame.to_vec();
    }
    stream
}

/// One test, since the voice takes longer to say it all than the book to hear it a hundred times.
#[test]
fn the_book_hears_what_payers_say_and_nothing_else() {
    let Some(spoken) = payers() else { return };
    every_sentence_is_heard_whatever_is_lost(&spoken);
    a_cut_sentence_gives_a_stretch_of_its_words(&spoken);
    nothing_is_heard_in_what_was_not_said(&spoken);
}

fn every_sentence_is_heard_whatever_is_lost(Spoken { book, clips, .. }: &Spoken) {
    let mut draws = Draws::new(7);
    for per_mille in [0, 10, 30, 50] {
        let (mut sentences, mut exact, mut words_said, mut words_right) = (0, 0, 0, 0);
        for _ in 0..5 {
            for Clip { text, mulaw } in clips {
                let said = words::split(text);
                let got = heard(book, &lossy(mulaw, per_mille, &mut draws));
                sentences += 1;
                if got != said {
                    println!("`{}` for `{text}`", got.join(" "));
                }
                exact += usize::from(got == said);
                words_said += said.len();
                words_right += said.iter().zip(&got).filter(|(a, b)| a == b).count();
            }
        }
        println!(
            "loss {per_mille} in 1000: {exact} of {sentences} sentences, {words_right} of {words_said} words"
        );
        assert!(exact * 1_000 >= sentences * 995, "{exact} of {sentences} at {per_mille}");
    }
}

fn a_cut_sentence_gives_a_stretch_of_its_words(Spoken { book, clips, .. }: &Spoken) {
    let mut draws = Draws::new(11);
    let (mut cuts, mut words_inside, mut words_heard) = (0, 0, 0);
    for _ in 0..5 {
        for Clip { text, mulaw } in clips {
            let length = mulaw.len() as u64;
            let from = (draws.next() % length) as usize;
            let to = from + (draws.next() % (length - from as u64 + 1)) as usize;
            let got = heard(book, &mulaw[from..to]);
            let said = words::split(text);
            let is_stretch = said.windows(got.len().max(1)).any(|window| window == got.as_slice());
            assert!(got.is_empty() || is_stretch, "`{}` of `{text}`", got.join(" "));
            let page = timing::timed(text, mulaw);
            let inside =
                page.iter().filter(|w| w.start as usize >= from && w.end as usize <= to).count();
            cuts += 1;
            words_inside += inside;
            words_heard += got.len().min(inside);
        }
    }
    println!("{cuts} cuts: {words_heard} of {words_inside} whole words heard");
    assert!(words_heard * 100 >= words_inside * 98);
}

fn nothing_is_heard_in_what_was_not_said(Spoken { book, clips, voice }: &Spoken) {
    let agent = Synthesiser::open(Voice::Slt).unwrap();
    let mut seconds = 0;
    let mut check = |what: &str, mulaw: &[u8]| {
        seconds += mulaw.len() / 8_000;
        let words = heard(book, mulaw);
        assert!(words.is_empty(), "{what}: {words:?}");
    };
    check("music", &music::mulaw());
    check("keys", &generate(&Key::parse_all("0123456789*#").unwrap(), Press::default()));
    for Clip { text, .. } in clips.iter().step_by(3) {
        // The agent's voice, even with the payer's own words: an echo is not the far end.
        check(text, &wideband_to_mulaw(&agent.speak(text).unwrap()));
    }
    for text in [
        "What is the individual deductible, and how much has been met?",
        "We do not discuss claims on Sundays, whoever is asking.",
        "Forty seven purple elephants walked over the bridge.",
        "Your reservation for a table for two has been cancelled.",
    ] {
        check(text, &wideband_to_mulaw(&voice.speak(text).unwrap()));
    }
    println!("{seconds} s of other sound: no word");
}
