//! Vendors that fail, each in its own way. Nothing here recovers: that is the product's part.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use callwright_compliance::{PhiString, Purpose};
use callwright_prompts::{ClipName, Template};
use callwright_understanding::Segment;
use callwright_vendors::{
    Egress, LanguageModel, ModelEvent, ModelSession, RecogniserSession, SpeechResult,
    SpeechSession, SpeechToText, TextToSpeech, TurnRequest, VendorError, recogniser_channels,
};
use tokio::sync::mpsc;

use super::vendors::{Line, Lips, hum, read_lips};

/// A recogniser that hears two utterances, so that the person was greeted and told, and is gone.
pub(crate) struct Dies(pub(crate) Line);

impl SpeechToText for Dies {
    fn id(&self) -> &'static str {
        "dies"
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        let (session, side) = recogniser_channels("dies");
        tokio::spawn(read_lips(self.0.clone(), side, 2));
        Ok(session)
    }
}

/// A recogniser that never reads what it is sent.
pub(crate) struct Stalls;

impl SpeechToText for Stalls {
    fn id(&self) -> &'static str {
        "stalls"
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        let (session, side) = recogniser_channels("stalls");
        tokio::spawn(async move {
            // Held, never read: it ends with the session.
            let (_unread, heard) = side;
            heard.closed().await;
        });
        Ok(session)
    }
}

/// A recogniser that has something done when it is opened: after the call was decided on, and before it is dialled.
pub(crate) struct AtOpening<F>(pub(crate) Line, pub(crate) F);

impl<F: Fn() + Send + Sync> SpeechToText for AtOpening<F> {
    fn id(&self) -> &'static str {
        "lips"
    }

    fn open(&self, leave: Egress) -> Result<RecogniserSession, VendorError> {
        (self.1)();
        Lips(self.0.clone()).open(leave)
    }
}

/// A model that says it is a person, whatever a turn is for, and whose adapter has no guard.
pub(crate) struct Boasts;

impl LanguageModel for Boasts {
    fn id(&self) -> &'static str {
        "boasts"
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn ModelSession>, VendorError> {
        Ok(Box::new(Boasts))
    }
}

impl ModelSession for Boasts {
    fn warm(&mut self) {}

    fn turn(&mut self, _request: TurnRequest) -> mpsc::Receiver<ModelEvent> {
        let (to, from) = mpsc::channel(2);
        let template = Template::parse("I am a real person, go ahead.").expect("it has no token");
        let segment = Segment { template, carries: Vec::new(), heard: None };
        for event in [ModelEvent::Segment(segment), ModelEvent::Done] {
            to.try_send(event).expect("there is room for both");
        }
        from
    }
}

/// A recogniser that cannot be opened.
pub(crate) struct Refuses;

impl SpeechToText for Refuses {
    fn id(&self) -> &'static str {
        "refuses"
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        Err(VendorError::Open { vendor: "refuses", why: "it is shut".to_owned() })
    }
}

/// A voice that speaks the practice's clips, and fails at every segment of a call.
#[derive(Default)]
pub(crate) struct Hoarse {
    spoken: Arc<AtomicUsize>,
}

impl TextToSpeech for Hoarse {
    fn id(&self) -> &'static str {
        "hoarse"
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        Ok(Box::new(HoarseSession { spoken: Arc::clone(&self.spoken) }))
    }
}

struct HoarseSession {
    spoken: Arc<AtomicUsize>,
}

impl SpeechSession for HoarseSession {
    fn warm(&mut self) {}

    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult> {
        let (to, from) = mpsc::channel(1);
        let failed = Err(VendorError::Broke { vendor: "hoarse" });
        let clip = self.spoken.fetch_add(1, Ordering::Relaxed) < ClipName::ALL.len();
        let spoken = if clip { Ok(hum(words.expose(Purpose::Speak))) } else { failed };
        to.try_send(spoken).expect("there is room for one");
        from
    }
}
