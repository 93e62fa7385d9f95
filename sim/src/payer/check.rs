//! Whether a scenario can be played. It gathers every problem; it mends none.

use super::problems::Problem;
use super::representative::{Accept, Representative};
use super::scenario::{
    ENTRIES_MAX, FIXED_STEPS, HANG_UP, HOLD, HoldPart, MenuStep, STRETCH_MS_MAX, Scenario,
    TEXT_MAX, is_key,
};
use std::collections::BTreeSet;

/// All problems of a scenario; none where it can be played.
pub(super) fn problems(scenario: &Scenario) -> Vec<Problem> {
    let mut check = Check { problems: Vec::new(), ids: BTreeSet::new() };
    check.ids.extend(FIXED_STEPS.iter().map(|&id| id.to_owned()));
    check.frame(scenario);
    for step in &scenario.menu {
        check.menu_step(step, scenario);
    }
    check.hold(scenario);
    if let Some(person) = &scenario.representative {
        check.person(person);
    }
    check.faults(scenario);
    check.problems
}

struct Check {
    problems: Vec<Problem>,
    ids: BTreeSet<String>,
}

impl Check {
    fn frame(&mut self, scenario: &Scenario) {
        let number = scenario.line.strip_prefix('+').unwrap_or("");
        if number.len() < 8 || number.len() > 15 || !number.bytes().all(|b| b.is_ascii_digit()) {
            self.problems.push(Problem::NotANumber);
        }
        if scenario.menu.is_empty() && scenario.representative.is_none() {
            self.problems.push(Problem::Nobody);
        }
        self.few("menu", scenario.menu.len());
        self.range("ring_ms", scenario.ring_ms, 0, 600_000);
        self.range("lead_in_ms", scenario.lead_in_ms, 0, 60_000);
        let patience = &scenario.menu_patience;
        self.range("menu_patience.first_key_ms", patience.first_key_ms, 100, STRETCH_MS_MAX);
        self.range("menu_patience.next_key_ms", patience.next_key_ms, 100, STRETCH_MS_MAX);
        self.range("menu_patience.tries", patience.tries.into(), 1, 100);
        self.text("menu_patience.give_up", &patience.give_up);
        self.text("menu_patience.retry", &patience.retry);
    }

    fn menu_step(&mut self, step: &MenuStep, scenario: &Scenario) {
        let place = format!("menu step `{}`", step.id);
        self.id(&step.id);
        self.text(&place, &step.prompt);
        if let Some(retry) = &step.retry {
            self.text(&format!("{place}, retry"), retry);
        }
        if !step.choices.is_empty() && step.digits.is_some() {
            self.problems.push(Problem::TwoInputs { id: step.id.clone() });
        }
        for (key, target) in &step.choices {
            let mut chars = key.chars();
            if !chars.next().is_some_and(is_key) || chars.next().is_some() {
                self.problems.push(Problem::NotAKey { place: place.clone(), key: key.clone() });
            }
            self.target(&place, target, scenario);
        }
        if let Some(target) = &step.then {
            self.target(&place, target, scenario);
        }
        if let Some(digits) = &step.digits {
            self.range(&format!("{place}, digits.count"), digits.count.into(), 1, 30);
            if let Some(key) = digits.terminator.filter(|&key| !is_key(key)) {
                self.problems.push(Problem::NotAKey { place: place.clone(), key: key.to_string() });
            }
            if let Some(expect) = &digits.expect
                && expect.len() != usize::from(digits.count)
            {
                self.problems.push(Problem::OutOfRange {
                    place: format!("{place}, the length of digits.expect"),
                    value: expect.len() as u64,
                    least: digits.count.into(),
                    most: digits.count.into(),
                });
            }
        }
    }

    fn hold(&mut self, scenario: &Scenario) {
        self.few("hold.parts", scenario.hold.parts.len());
        for (at, part) in scenario.hold.parts.iter().enumerate() {
            let place = format!("hold.parts[{at}]");
            match part {
                HoldPart::MusicMs(ms) | HoldPart::SilenceMs(ms) => {
                    self.range(&place, *ms, 20, STRETCH_MS_MAX);
                }
                HoldPart::Say(text) => self.text(&place, text),
            }
        }
    }

    fn person(&mut self, person: &Representative) {
        for (place, text) in [
            ("representative.greeting", &person.greeting),
            ("representative.lookup.say", &person.lookup.say),
            ("representative.lookup.then", &person.lookup.then),
            ("representative.repeat_request", &person.repeat_request),
            ("representative.confirmation", &person.confirmation),
            ("representative.idle_prompt", &person.idle_prompt),
            ("representative.closing", &person.closing),
        ] {
            self.text(place, text);
        }
        self.range("representative.idle_ms", person.idle_ms, 1_000, STRETCH_MS_MAX);
        self.range("representative.closing_wait_ms", person.closing_wait_ms, 0, STRETCH_MS_MAX);
        self.range("representative.opening_pause_ms", person.opening_pause_ms, 0, 60_000);
        self.range("representative.reply_pause_ms", person.reply_pause_ms, 0, 60_000);
        self.range(
            "representative.lookup.silence_ms",
            person.lookup.silence_ms,
            20,
            STRETCH_MS_MAX,
        );
        self.few("representative.requests", person.requests.len());
        self.few("representative.interjections", person.interjections.len());
        self.few("representative.topics", person.topics.len());
        self.steps(person);
    }

    fn steps(&mut self, person: &Representative) {
        for request in &person.requests {
            let place = format!("request `{}`", request.id);
            self.id(&request.id);
            self.text(&place, &request.ask);
            if let Some(sorry) = &request.sorry {
                self.text(&format!("{place}, sorry"), sorry);
            }
            if let Accept::Digits(least) | Accept::Numbers(least) = request.accept {
                self.range(&format!("{place}, accept"), least.into(), 1, 30);
            }
        }
        for topic in &person.topics {
            let place = format!("topic `{}`", topic.id);
            self.id(&topic.id);
            self.text(&place, &topic.answer);
            if topic.heard.iter().all(|phrase| phrase.trim().is_empty()) {
                self.problems.push(Problem::NoWords { place: format!("{place}, heard") });
            }
        }
        for interjection in &person.interjections {
            let place = format!("interjection `{}`", interjection.id);
            self.id(&interjection.id);
            self.text(&place, &interjection.say);
            let before = &interjection.before;
            if before != "lookup" && !person.requests.iter().any(|request| request.id == *before) {
                self.problems.push(Problem::NoSuchStep { place, named: before.clone() });
            }
        }
    }

    fn faults(&mut self, scenario: &Scenario) {
        let faults = &scenario.faults;
        self.few("faults.stalls", faults.stalls.len());
        self.few("faults.inject", faults.inject.len());
        let Some(hang_up) = &faults.hang_up else {
            return;
        };
        if hang_up.at_ms.is_some() == hang_up.step.is_some() {
            self.problems.push(Problem::HangUpWhen);
        }
        if let Some(step) = &hang_up.step
            && !self.ids.contains(step)
        {
            let place = "faults.hang_up".to_owned();
            self.problems.push(Problem::NoSuchStep { place, named: step.clone() });
        }
    }

    fn id(&mut self, id: &str) {
        if !self.ids.insert(id.to_owned()) {
            self.problems.push(Problem::DuplicateId { id: id.to_owned() });
        }
    }

    fn text(&mut self, place: &str, text: &str) {
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.problems.push(Problem::NoWords { place: place.to_owned() });
        } else if length > TEXT_MAX {
            let place = place.to_owned();
            self.problems.push(Problem::TooLong { place, length, limit: TEXT_MAX });
        }
    }

    fn target(&mut self, place: &str, named: &str, scenario: &Scenario) {
        let known =
            named == HOLD || named == HANG_UP || scenario.menu.iter().any(|step| step.id == named);
        if !known {
            let place = place.to_owned();
            self.problems.push(Problem::NoSuchStep { place, named: named.to_owned() });
        }
    }

    fn range(&mut self, place: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            let place = place.to_owned();
            self.problems.push(Problem::OutOfRange { place, value, least, most });
        }
    }

    fn few(&mut self, place: &str, count: usize) {
        if count > ENTRIES_MAX {
            let place = place.to_owned();
            self.problems.push(Problem::TooMany { place, count, limit: ENTRIES_MAX });
        }
    }
}
