//! TOML -> the payer directory, with every mistake collected.
//!
//! Each section is read on its own, so that a misspelled key in one does not hide the mistakes of the next.

use std::collections::BTreeMap;

use callwright_compliance::class::CallPurpose;
use callwright_compliance::egress::{FieldSet, listable};
use callwright_compliance::hours::PayerHours;
use callwright_compliance::id::PayerId;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::raw::{RawHours, RawLine, RawMenu, RawPayer, RawPublication, RawStep};
use super::{
    Directory, DirectoryError, DirectoryErrors, DirectoryProblem, HoursError, Line, PayerEntry,
    Publication, hours, is_id,
};
use crate::menu::{Keys, MenuMap, MenuMapId, Step, StepAct};
use crate::number::parse_human;

/// Everything gathered over all files.
#[derive(Default)]
struct Gathered {
    errors: Vec<DirectoryError>,
    payers: BTreeMap<PayerId, PayerEntry>,
    menus: BTreeMap<MenuMapId, (String, MenuMap)>,
    numbers: BTreeMap<String, String>,
    wanted_menus: Vec<(String, String, MenuMapId)>,
}

/// One file's name and place, to hang a mistake on.
struct Place<'a> {
    file: &'a str,
    place: String,
}

impl Place<'_> {
    fn within(&self, part: &str) -> Place<'_> {
        Place { file: self.file, place: format!("{}.{part}", self.place) }
    }
}

impl Gathered {
    fn note(&mut self, at: &Place<'_>, problem: impl Into<DirectoryProblem>) {
        self.errors.push(DirectoryError {
            file: at.file.to_owned(),
            place: at.place.clone(),
            problem: problem.into(),
        });
    }

    /// `Ok` -> the value; `Err` -> noted, and nothing.
    fn keep<T, E: Into<DirectoryProblem>>(&mut self, at: &Place<'_>, r: Result<T, E>) -> Option<T> {
        r.map_err(|problem| self.note(at, problem)).ok()
    }

    fn section<T: DeserializeOwned>(&mut self, at: &Place<'_>, value: Value) -> Option<T> {
        let read = value
            .try_into::<T>()
            .map_err(|e| DirectoryProblem::Toml(e.to_string().trim_end().replace('\n', " ")));
        self.keep(at, read)
    }
}

pub(super) fn directory<N, T>(
    files: impl IntoIterator<Item = (N, T)>,
) -> Result<Directory, DirectoryErrors>
where
    N: AsRef<str>,
    T: AsRef<str>,
{
    let mut gathered = Gathered::default();
    let mut hash = Sha256::new();
    for (name, text) in files {
        let (name, text) = (name.as_ref(), text.as_ref());
        for part in [name, text] {
            // The length goes first, so that moving a byte from one part to the next changes the digest.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        read_file(&mut gathered, name, text);
    }
    for (file, place, menu) in std::mem::take(&mut gathered.wanted_menus) {
        if !gathered.menus.contains_key(&menu) {
            gathered.note(&Place { file: &file, place }, DirectoryProblem::NoSuchMenu);
        }
    }
    if gathered.errors.is_empty() {
        Ok(Directory {
            payers: gathered.payers,
            menus: gathered.menus.into_iter().map(|(id, (_, map))| (id, map)).collect(),
            digest: hash.finalize().into(),
        })
    } else {
        Err(DirectoryErrors(gathered.errors))
    }
}

fn read_file(out: &mut Gathered, file: &str, text: &str) {
    let top = |place: &str| Place { file, place: place.to_owned() };
    let mut table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(e) => {
            let line = e.span().map_or(1, |span| {
                1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count()
            });
            let at = top(&format!("text line {line}"));
            out.note(&at, DirectoryProblem::Toml(e.message().to_owned()));
            return;
        }
    };
    let payer = table.remove("payer");
    let lines = sections(out, file, "line", table.remove("line"));
    let menus = sections(out, file, "menu", table.remove("menu"));
    for key in table.keys() {
        out.note(&top(key), DirectoryProblem::UnknownTable);
    }
    for (place, value) in menus {
        read_menu(out, &Place { file, place }, value);
    }
    let at = top("payer");
    let payer = match payer {
        Some(value) => read_payer(out, &at, value),
        None => {
            out.note(&at, DirectoryProblem::Missing);
            None
        }
    };
    let id = payer.as_ref().map(|payer| &payer.id);
    let lines: Vec<Line> = lines
        .into_iter()
        .filter_map(|(place, value)| read_line(out, &Place { file, place }, value, id))
        .collect();
    if let Some(mut payer) = payer {
        for (i, line) in lines.iter().enumerate() {
            if lines.iter().take(i).any(|earlier| earlier.id == line.id) {
                let other = format!("{file}: line {}", line.id);
                out.note(&top(&format!("line[{i}].id")), DirectoryProblem::Twice { other });
            }
        }
        payer.lines = lines;
        out.payers.insert(payer.id.clone(), payer);
    }
}

/// The elements of an array of tables, each with its place.
fn sections(
    out: &mut Gathered,
    file: &str,
    name: &str,
    value: Option<Value>,
) -> Vec<(String, Value)> {
    match value {
        Some(Value::Array(values)) => {
            values.into_iter().enumerate().map(|(i, v)| (format!("{name}[{i}]"), v)).collect()
        }
        Some(_) => {
            out.note(&Place { file, place: name.to_owned() }, DirectoryProblem::UnknownTable);
            Vec::new()
        }
        None if name == "line" => {
            out.note(&Place { file, place: name.to_owned() }, DirectoryProblem::Missing);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The payer without its lines, and where its id can be used.
fn read_payer(out: &mut Gathered, at: &Place<'_>, value: Value) -> Option<PayerEntry> {
    let raw = out.section::<RawPayer>(at, value)?;
    if raw.name.trim().is_empty() {
        out.note(&at.within("name"), DirectoryProblem::Empty);
    }
    if raw.spoken.is_empty() || raw.spoken.iter().any(|name| name.trim().is_empty()) {
        out.note(&at.within("spoken"), DirectoryProblem::Empty);
    }
    let id = PayerId::new(&raw.id).ok().filter(|id| is_id(id.as_str()));
    let id = out.keep(&at.within("id"), id.ok_or(DirectoryProblem::Id))?;
    if out.payers.contains_key(&id) {
        let other = format!("payer {id}");
        out.note(&at.within("id"), DirectoryProblem::Twice { other });
        return None;
    }
    for (purpose, list) in &raw.fields {
        // Keys of the file, so the names are those that it uses.
        let at = at.within(&format!("fields.{}", purpose_name(*purpose)));
        let fields = list.minus(listable(*purpose));
        if !fields.is_empty() {
            out.note(&at, DirectoryProblem::FieldsNotGiven { fields });
        } else if list.is_empty() {
            out.note(&at, DirectoryProblem::Empty);
        }
    }
    Some(PayerEntry {
        id,
        name: raw.name,
        spoken: raw.spoken,
        lines: Vec::new(),
        fields: raw.fields,
    })
}

fn purpose_name(purpose: CallPurpose) -> &'static str {
    match purpose {
        CallPurpose::MedicalBenefits => "medical_benefits",
        CallPurpose::DentalBenefits => "dental_benefits",
    }
}

/// A line of a payer; without a usable payer its mistakes are noted all the same.
fn read_line(
    out: &mut Gathered,
    at: &Place<'_>,
    value: Value,
    payer: Option<&PayerId>,
) -> Option<Line> {
    let raw = out.section::<RawLine>(at, value)?;
    if !is_id(&raw.id) {
        out.note(&at.within("id"), DirectoryProblem::Id);
    }
    if raw.purposes.is_empty() {
        out.note(&at.within("purposes"), DirectoryProblem::Empty);
    }
    let number = out.keep(&at.within("number"), parse_human(&raw.number));
    if let Some(number) = &number {
        let here = format!("{} {}", at.file, at.place);
        if let Some(other) = out.numbers.insert(number.e164().to_owned(), here) {
            out.note(&at.within("number"), DirectoryProblem::Twice { other });
        }
    }
    let needs: FieldSet = raw.needs.into_iter().collect();
    if !needs.is_subset_of(FieldSet::PATIENT.union(FieldSet::PROVIDER)) {
        out.note(&at.within("needs"), DirectoryProblem::Needs);
    }
    let hours = read_hours(out, &at.within("hours"), raw.hours, payer);
    let publication = read_publication(out, &at.within("publication"), raw.publication);
    let menu = out
        .keep(&at.within("menu"), MenuMapId::new(&raw.menu).ok_or(DirectoryProblem::Id))
        .inspect(|menu| {
            let place = at.within("menu").place;
            out.wanted_menus.push((at.file.to_owned(), place, menu.clone()));
        });
    Some(Line {
        id: raw.id,
        number: number?,
        purposes: raw.purposes,
        needs,
        hours: hours?,
        publication: publication?,
        menu: menu?,
    })
}

fn read_hours(
    out: &mut Gathered,
    at: &Place<'_>,
    raw: RawHours,
    payer: Option<&PayerId>,
) -> Option<PayerHours> {
    let before = out.errors.len();
    let mut weekly = Vec::new();
    for (i, window) in raw.windows.iter().enumerate() {
        for day in &window.days {
            let read = hours::window(day, &window.from, &window.to);
            let at = at.within(&format!("windows[{i}]"));
            match read {
                // A wrong time is wrong once, not once for each day.
                Err(_) if out.errors.last().is_some_and(|last| last.place == at.place) => {}
                read => weekly.extend(out.keep(&at, read)),
            }
        }
    }
    let mut closed_on = Vec::new();
    for date in &raw.closed_on {
        let read = date.parse::<Date>().map_err(|_| HoursError::Date);
        closed_on.extend(out.keep(&at.within("closed_on"), read));
    }
    let none = weekly.is_empty() && out.errors.len() > before;
    let payer = payer.cloned().or_else(|| PayerId::new("unknown").ok())?;
    let hours = PayerHours { payer, zone: raw.zone, weekly, closed_on };
    match hours::check(&hours) {
        // The windows' own mistakes say why there is none.
        Err(HoursError::NoWindow) if none => {}
        checked => {
            out.keep(at, checked);
        }
    }
    Some(hours)
}

fn read_publication(
    out: &mut Gathered,
    at: &Place<'_>,
    raw: RawPublication,
) -> Option<Publication> {
    let https = raw.url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    if !https {
        out.note(&at.within("url"), DirectoryProblem::Url);
    }
    let seen_on = raw.seen_on.parse::<Date>().map_err(|_| DirectoryProblem::Day);
    let seen_on = out.keep(&at.within("seen_on"), seen_on)?;
    https.then_some(Publication { url: raw.url, seen_on })
}

fn read_menu(out: &mut Gathered, at: &Place<'_>, value: Value) {
    let Some(raw) = out.section::<RawMenu>(at, value) else {
        return;
    };
    let mut steps = Vec::new();
    let before = out.errors.len();
    for (i, value) in raw.step.into_iter().enumerate() {
        let at = at.within(&format!("step[{i}]"));
        if let Some(raw) = out.section::<RawStep>(&at, value) {
            steps.extend(read_step(out, &at, raw));
        }
    }
    let id = MenuMapId::new(&raw.id).ok_or(DirectoryProblem::Id);
    let Some(id) = out.keep(&at.within("id"), id) else {
        return;
    };
    let sound = out.errors.len() == before;
    let map = MenuMap::new(id.clone(), steps).unwrap_or_else(|problem| {
        // After a broken step, the map's own complaint would be about that one.
        if sound {
            out.note(at, problem);
        }
        // It still counts as listed, so that its line is not blamed as well.
        MenuMap::with_broken_steps(id.clone())
    });
    let here = format!("{} {}", at.file, at.place);
    if let Some((other, _)) = out.menus.insert(id, (here, map)) {
        out.note(&at.within("id"), DirectoryProblem::Twice { other });
    }
}

fn read_step(out: &mut Gathered, at: &Place<'_>, raw: RawStep) -> Option<Step> {
    let before = out.errors.len();
    let mut acts = Vec::new();
    if let Some(keys) = raw.press {
        acts.extend(out.keep(&at.within("press"), Keys::new(&keys)).map(StepAct::Press));
    }
    if let Some(key) = raw.key {
        let terminator = match key.terminator {
            Some(text) => out.keep(&at.within("key.terminator"), Keys::new(&text)),
            None => None,
        };
        acts.push(StepAct::Key { item: key.item, terminator });
    }
    acts.extend(raw.say.map(StepAct::Say));
    acts.extend(raw.wait.then_some(StepAct::Wait));
    acts.extend(raw.expect_hold.then_some(StepAct::ExpectHold));
    if out.errors.len() > before {
        return None;
    }
    let step = Step::one_act(&raw.id, raw.heard, acts);
    out.keep(at, step)
}
