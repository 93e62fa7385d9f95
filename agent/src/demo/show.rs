//! The demo's timeline, for people to read while the call runs.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callwright_compliance::Purpose;
use callwright_compliance::gate::ProofBy;
use callwright_core::{Clip, Phase};
use callwright_sim::Scenario;
use tokio::sync::mpsc;

use super::table;
use super::{Args, VendorSet};
use crate::call::timeline::{Happening, Moment, Said};
use crate::cli::output::Out;
use crate::dialler::{Attempt, CallResult};

/// Columns of text that a line of speech may take before it is wrapped.
const WIDTH: usize = 84;

/// Writes the demo's output.
pub(super) struct Show {
    out: Out,
    colour: bool,
    live: bool,
    show_phi: bool,
    json: bool,
    speech: &'static str,
    title: String,
    folder: PathBuf,
    /// Seconds of the wait that is being shown, and where it began.
    waiting_since_ms: Option<u64>,
    waited_s: u64,
}

impl Show {
    pub(super) fn new(args: &Args, scenario: &Scenario, folder: &Path) -> Show {
        let live = std::io::stdout().is_terminal();
        let colour = live && std::env::var_os("NO_COLOR").is_none();
        Show {
            out: Out::stdout(),
            colour,
            live,
            show_phi: args.show_phi,
            json: args.json,
            speech: match args.vendors {
                VendorSet::Local => "Speech is local",
                VendorSet::Simulated => "Deepgram, OpenAI and ElevenLabs are simulated too",
            },
            title: format!("{} · {}", scenario.id, scenario.title),
            folder: folder.to_owned(),
            waiting_since_ms: None,
            waited_s: 0,
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) -> std::io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.out.line(text)
    }

    /// The heading.
    pub(super) fn begin(&mut self) -> std::io::Result<()> {
        let title = self.paint("1", &format!("callwright demo · {}", self.title));
        self.line(&title)?;
        let hidden = if self.show_phi {
            "identifiers are shown, because you asked for it"
        } else {
            "identifiers are covered (•••); --show-phi uncovers them"
        };
        self.line(&self.paint("2", "The patient is made up. Carrier and payer are simulated, on this machine, in real time."))?;
        self.line(
            &self.paint("2", &format!("{}; nothing leaves this machine; {hidden}.", self.speech)),
        )?;
        self.line("")
    }

    /// Shows what happens until the call has no more to tell; gives itself back.
    pub(super) async fn follow(mut self, mut moments: mpsc::Receiver<Moment>) -> Show {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            let shown = tokio::select! {
                moment = moments.recv() => match moment {
                    Some(moment) => self.moment(&moment),
                    None => break,
                },
                _ = second.tick() => self.tick(),
            };
            if shown.is_err() {
                // Nobody reads any more; the call goes on all the same.
                while moments.recv().await.is_some() {}
                break;
            }
        }
        self
    }

    fn tick(&mut self) -> std::io::Result<()> {
        let Some(since) = self.waiting_since_ms else {
            return Ok(());
        };
        self.waited_s += 1;
        if !self.live || self.json {
            return Ok(());
        }
        let bar = "▪".repeat(usize::try_from(self.waited_s % 41).unwrap_or(0));
        let line = format!("\r {}   waiting {:>3} s {bar:<40}", stamp(since), self.waited_s);
        let line = self.paint("2", &line);
        self.out.text(&line)
    }

    fn stop_waiting(&mut self) -> std::io::Result<()> {
        if let Some(since) = self.waiting_since_ms.take() {
            let end = if self.live { "\r" } else { "" };
            let line = format!("{end} {}   waited {} s{:48}", stamp(since), self.waited_s, "");
            self.line(line.trim_end_matches(' '))?;
        }
        Ok(())
    }

    fn said(&self, said: &Said) -> String {
        if self.show_phi {
            said.words.expose(Purpose::ShowToOperator).clone()
        } else {
            said.covered.clone()
        }
    }

    fn speech(&mut self, at_ms: u64, who: &str, code: &str, words: &str) -> std::io::Result<()> {
        let who = self.paint(code, &format!("{who:>7}"));
        for (n, part) in wrap(words, WIDTH).into_iter().enumerate() {
            let head = if n == 0 { format!(" {}  {who}", stamp(at_ms)) } else { " ".repeat(15) };
            self.line(&format!("{head} │ {part}"))?;
        }
        Ok(())
    }

    fn mark(&mut self, at_ms: u64, code: &str, sign: &str, text: &str) -> std::io::Result<()> {
        let text = self.paint(code, &format!("{sign} {text}"));
        self.line(&format!(" {}  {:>7}   {text}", stamp(at_ms), ""))
    }

    fn moment(&mut self, moment: &Moment) -> std::io::Result<()> {
        let at = moment.at_ms;
        self.stop_waiting()?;
        match &moment.what {
            Happening::Phase(phase) => self.phase(at, *phase),
            Happening::FarEnd(said) => {
                let words = self.said(said);
                self.speech(at, "payer", "36", &words)
            }
            Happening::Agent(said) => {
                let words = self.said(said);
                self.speech(at, "agent", "33", &words)
            }
            Happening::Clip { clip, words } => {
                let who = if is_disclosure(*clip) { "notice" } else { "clip" };
                self.speech(at, who, "35", words)
            }
            Happening::Keys { step, covered } => {
                self.speech(at, "keys", "34", &format!("{covered}   (menu step: {step})"))
            }
            Happening::Disclosed(by) => {
                let by = match by {
                    ProofBy::Mark => "the carrier's mark",
                    ProofBy::PacedClock => "the paced clock",
                };
                let text =
                    format!("disclosure proven by {by}: the gate is open, recording is kept");
                self.mark(at, "32", "✔", &text)
            }
            Happening::Won { title, value, read_back } => {
                let value = self.said(value);
                let confirmed = if *read_back { "  (read back)" } else { "" };
                self.mark(at, "32", "✔", &format!("{title}: {value}{confirmed}"))
            }
            Happening::Incident(incident) => {
                self.mark(at, "31", "!", &format!("incident: {incident:?}"))
            }
            Happening::Finished(_) => Ok(()),
        }
    }

    fn phase(&mut self, at_ms: u64, phase: Phase) -> std::io::Result<()> {
        let text = match phase {
            Phase::Ringing => "RINGING",
            Phase::Menu => "MENU      a machine answers; keys answer it",
            Phase::Hold => "HOLD      the vendors sleep; a local detector listens",
            Phase::Person => "PERSON    the gate is shut until the disclosure is proven",
            Phase::WrapUp => "WRAP-UP",
            Phase::Ended => "ENDED",
        };
        let text = self.paint("1", text);
        self.line(&format!(" {}  {text}", stamp(at_ms)))?;
        if phase == Phase::Hold {
            self.waiting_since_ms = Some(at_ms);
            self.waited_s = 0;
        }
        Ok(())
    }

    /// A call that ended early is followed by another.
    pub(super) fn again(
        &mut self,
        result: &CallResult,
        wait: jiff::SignedDuration,
    ) -> std::io::Result<()> {
        let why = result.ended_by.as_deref().unwrap_or(&result.outcome);
        let (won, open) = (result.fields.len(), result.missing.len());
        self.stop_waiting()?;
        self.mark(result.length_ms, "31", "!", &format!("the call ended early: {why}"))?;
        let kept = format!("{won} answers are kept, {open} are open.");
        let wait = wait.as_secs().max(0);
        let next = format!("Policy calls again in {wait} s; the demo does not wait for it.");
        self.line("")?;
        self.line(&self.paint("1", &format!(" AGAIN     {kept} {next}")))?;
        self.line("")
    }

    /// What the call came to.
    pub(super) fn result(
        &mut self,
        attempt: &Attempt,
        wrong: &[table::Wrong],
    ) -> std::io::Result<()> {
        if self.json {
            return self.out.json(&attempt.result);
        }
        let lines = table::lines(attempt, wrong, self.show_phi, &self.folder);
        for line in lines {
            let line = match line {
                table::Line::Head(text) => self.paint("1", &text),
                table::Line::Row(text) => text,
                table::Line::Good(text) => self.paint("32", &text),
                table::Line::Bad(text) => self.paint("31", &text),
            };
            self.line(&line)?;
        }
        Ok(())
    }
}

fn is_disclosure(clip: Clip) -> bool {
    match clip {
        Clip::Disclosure | Clip::DisclosureRest | Clip::DisclosureShort => true,
        Clip::AiRefusedBye
        | Clip::IAmAutomated
        | Clip::KillClose
        | Clip::NeedsStaffBye
        | Clip::PoliteEnd
        | Clip::RecordingObjection => false,
    }
}

/// Minutes and seconds.
pub(super) fn stamp(ms: u64) -> String {
    format!("{:02}:{:02}", ms / 60_000, ms / 1_000 % 60)
}

/// Words in lines of at most `width` characters.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width
        });
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_between_words() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("", 9), [""]);
        assert_eq!(stamp(125_900), "02:05");
    }
}
