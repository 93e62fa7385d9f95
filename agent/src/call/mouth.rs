//! The call's mouth: pieces of speech on their way from the synthesiser to playout, in the order in which they were asked for.

use std::collections::VecDeque;

use callwright_core::{Item, Micros};
use callwright_vendors::SpeechResult;
use tokio::sync::mpsc;

/// One piece being synthesised.
struct Pending {
    item: Item,
    audio: mpsc::Receiver<SpeechResult>,
    asked_at: Micros,
    begun: bool,
}

/// What the front piece did.
pub(crate) enum Spoken {
    /// A stretch of its audio; `first` for the first one, with when it was asked for.
    Audio { item: Item, asked_at: Micros, first: bool, audio: SpeechResult },
    /// No more comes; `silent` where nothing came at all, as of a voice that is gone.
    End { item: Item, silent: bool },
}

/// See the module.
#[derive(Default)]
pub(crate) struct Mouth {
    pending: VecDeque<Pending>,
}

impl Mouth {
    pub(crate) fn speak(
        &mut self,
        item: Item,
        audio: mpsc::Receiver<SpeechResult>,
        asked_at: Micros,
    ) {
        self.pending.push_back(Pending { item, audio, asked_at, begun: false });
    }

    /// Drops everything; gives the items that were on their way.
    pub(crate) fn shut(&mut self) -> Vec<Item> {
        self.pending.drain(..).map(|pending| pending.item).collect()
    }

    /// The next thing that the front piece does. Safe to cancel; pends while there is none.
    pub(crate) async fn next(&mut self) -> Spoken {
        let Some(front) = self.pending.front_mut() else {
            return std::future::pending().await;
        };
        let received = front.audio.recv().await;
        let (item, asked_at) = (front.item, front.asked_at);
        match received {
            Some(audio) => {
                let first = !std::mem::replace(&mut front.begun, true);
                if audio.is_err() {
                    self.pending.pop_front();
                }
                Spoken::Audio { item, asked_at, first, audio }
            }
            None => {
                let silent = !front.begun;
                self.pending.pop_front();
                Spoken::End { item, silent }
            }
        }
    }
}
