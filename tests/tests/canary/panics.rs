//! Vendors whose sessions panic in the middle of a call, with the planted patient's words in the message: nothing hangs, no request is
//! lost, and none of the words is in anything that the process writes, down to traces. What a call had won, which goes down itself, is
//! lost with it.
//!
//! Each call runs in a process of its own, which is this test once more; the test that began it reads all that it wrote.

use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use callwright::call::Vendors;
use callwright::dialler::LEASE;
use callwright::panics::{self, Broke};
use callwright::services::FileKeeping;
use callwright_compliance::{PhiString, Purpose};
use callwright_core::{Micros, SampleTime};
use callwright_vendors::{
    Egress, LanguageModel, ModelEvent, ModelSession, RecogniserSession, SpeechResult,
    SpeechSession, SpeechToText, TextToSpeech, TurnRequest, VendorError, recogniser_channels,
};
use tokio::sync::mpsc;
use tracing_subscriber::filter::LevelFilter;

use crate::forms::found_in;
use crate::people::{payer, scan_files};
use crate::support::house::{House, LONGEST};
use crate::support::vendors::{Line, Voices, hum, read_lips};

/// Says to this test that it is the process of the call.
const CHILD: &str = "CANARY_PANICS";

/// What is in every message, besides what the vendor was just given.
const SPILT: &str = "zebulon quackenbush, 1949-07-23, xq9081726354, 8163529074";

/// Where a vendor's session panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a task or thread of its own: the call lives on without it.
    Apart,
    /// In the call's own task, which goes down with it.
    InCall,
}

/// A recogniser that hears two utterances, so that the person was greeted and told, and then panics.
struct Ears(Line);

impl SpeechToText for Ears {
    fn id(&self) -> &'static str {
        "ears"
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        let (session, side) = recogniser_channels("ears");
        let lips = read_lips(self.0.clone(), side, 2);
        tokio::spawn(async move {
            lips.await;
            panic!("cannot decode: {SPILT}");
        });
        Ok(session)
    }
}

/// A model that panics when it is asked for its first turn. The rules word the plain ones, so the patient was spoken of by then.
struct Mind(Place);

impl LanguageModel for Mind {
    fn id(&self) -> &'static str {
        "mind"
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn ModelSession>, VendorError> {
        Ok(Box::new(Mind(self.0)))
    }
}

impl ModelSession for Mind {
    fn warm(&mut self) {}

    fn turn(&mut self, request: TurnRequest) -> mpsc::Receiver<ModelEvent> {
        let (to, from) = mpsc::channel(1);
        let spill = move || panic!("cannot word {:?}: {SPILT}", request.heard);
        match self.0 {
            Place::InCall => spill(),
            Place::Apart => drop(tokio::spawn(async move {
                let _held = to;
                spill();
            })),
        }
        from
    }
}

/// A voice that hums, and panics over the first words that identify the patient.
struct Throat(Place);

impl TextToSpeech for Throat {
    fn id(&self) -> &'static str {
        "throat"
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        Ok(Box::new(Throat(self.0)))
    }
}

/// What the voice gives for some words.
fn uttered(words: &PhiString) -> Bytes {
    let text = words.expose(Purpose::Speak);
    assert!(found_in(text).is_empty(), "cannot speak {text}: {SPILT}");
    hum(text)
}

impl SpeechSession for Throat {
    fn warm(&mut self) {}

    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult> {
        let (to, from) = mpsc::channel(1);
        match self.0 {
            Place::InCall => to.try_send(Ok(uttered(&words))).expect("there is room for one"),
            Place::Apart => {
                drop(tokio::task::spawn_blocking(move || to.blocking_send(Ok(uttered(&words)))));
            }
        }
        from
    }
}

/// A call about the planted patient with vendors of which one panics.
async fn call(change: impl FnOnce(&mut Vendors, &Line), place: Place, ends: &[&str]) {
    let mut voices = Voices::hummed();
    change(&mut voices.vendors, &voices.line);
    // A payer that loses patience soon.
    let mut payer = payer();
    let person = payer.representative.as_mut().expect("the payer has a person");
    (person.idle_ms, person.idle_most) = (2_500, 3);
    let mut house = House::open(payer, voices).await;
    house.services.keeping = FileKeeping::Sealed;
    house.services.limits.menu_step = Micros::from_s(9);
    house.services.limits.silence = SampleTime::from_ms(2_000);
    let house = Arc::new(house);
    let claimed = house.claim().await;
    let request = claimed.request.id.clone();

    // The words are the product's own from here on: its hook, and every line of every crate.
    panics::install();
    let running = Arc::clone(&house);
    let ended = tokio::spawn(async move { running.attempt(claimed).await }).await;
    drop(std::panic::take_hook());

    match ended {
        Ok(called) => {
            assert_eq!(place, Place::Apart, "the panic was nobody's");
            let result = &called.made().result;
            let by = result.ended_by.as_deref().unwrap_or("nothing");
            assert!(ends.contains(&by), "{by}\n{}", called.log().to_jsonl());
            assert_eq!(result.disclosures.len(), 1, "it did not come to be in mid-call");
            house.settled(&called).await;
        }
        Err(error) => {
            assert_eq!(place, Place::InCall, "the call went down with its vendor");
            let broke = Broke::from(&error);
            assert_eq!(broke, Broke::Panicked);
            assert_eq!(found_in(&format!("{broke} {broke:?}")), [""; 0]);
            // Nothing holds the leg any more, here or at the carrier.
            assert!(house.services.registry.is_empty(), "the call was not forgotten");
            let sid = house.carrier.calls().pop().expect("it was placed");
            let finished = house.carrier.wait_finished(&sid);
            tokio::time::timeout(LONGEST, finished).await.expect("the carrier's leg hangs");
            // And the request is whoever adopts it's, once the lease has run out.
            let later = house.services.clock.wall() + LEASE + LEASE;
            let services = &house.services;
            let adopted = services.store.adopt(&services.node, later, LEASE).await.unwrap();
            let adopted = adopted.expect("the request was lost");
            assert_eq!(adopted.request.id, request);
            assert!(adopted.call.is_some(), "its call was lost");
        }
    }
    let mut scanned = Vec::new();
    scan_files(house.folder(), &mut scanned);
    assert!(scanned.iter().any(|file| file == "journal.jsonl"), "{scanned:?}");
    Arc::into_inner(house).expect("nobody else holds it").close().await;
}

/// Makes a call in a process of its own, and looks through everything that it writes.
async fn apart(test: &str, call: impl Future<Output = ()>) {
    if std::env::var_os(CHILD).is_some() {
        let builder = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE);
        builder.with_ansi(false).with_writer(std::io::stderr).init();
        return call.await;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "--nocapture", &format!("panics::{test}")]).env(CHILD, "1");
    let done = again.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&done.stdout), text(&done.stderr));
    let tail = || {
        let lines: Vec<&str> = err.lines().rev().take(60).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    };
    assert!(done.status.success() && out.contains("1 passed"), "{out}\n{}", tail());
    for line in out.lines().chain(err.lines()) {
        assert_eq!(found_in(line), [""; 0], "{line}");
    }
    assert!(err.contains("a defect of the program: panic at "), "the hook told nothing");
    assert!(err.contains("TRACE"), "nothing was logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recogniser_that_panics_over_its_words() {
    let call = call(
        |vendors, line| vendors.speech_to_text = Arc::new(Ears(line.clone())),
        Place::Apart,
        &["vendor_lost"],
    );
    apart("a_recogniser_that_panics_over_its_words", call).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_panics_in_a_task_of_its_own() {
    // The rules take its place.
    let model =
        |vendors: &mut Vendors, _: &Line| vendors.language_model = Arc::new(Mind(Place::Apart));
    apart("a_model_that_panics_in_a_task_of_its_own", call(model, Place::Apart, &["nothing"]))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_panics_in_the_call() {
    let model =
        |vendors: &mut Vendors, _: &Line| vendors.language_model = Arc::new(Mind(Place::InCall));
    apart("a_model_that_panics_in_the_call", call(model, Place::InCall, &[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_panics_in_a_thread_of_its_own() {
    let voice =
        |vendors: &mut Vendors, _: &Line| vendors.text_to_speech = Arc::new(Throat(Place::Apart));
    let ends = ["vendor_lost"];
    apart("a_voice_that_panics_in_a_thread_of_its_own", call(voice, Place::Apart, &ends)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_panics_in_the_call() {
    let voice =
        |vendors: &mut Vendors, _: &Line| vendors.text_to_speech = Arc::new(Throat(Place::InCall));
    apart("a_voice_that_panics_in_the_call", call(voice, Place::InCall, &[])).await;
}
