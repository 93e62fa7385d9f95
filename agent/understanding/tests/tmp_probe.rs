//! Temporary.
use callwright_core::*; use callwright_understanding::*; use callwright_dialplan::payer::Directory; use callwright_prompts::Pack;
#[test]
fn probe() {
    let pack = Pack::embedded().unwrap(); let dir = Directory::embedded().unwrap();
    let payer = dir.payers().next().unwrap(); let menu = dir.menu(&payer.lines[0].menu).unwrap();
    let known = Known::new(); let questions = pack.question_set("medical").unwrap();
    let lines = callwright_prompts::corpus::far_end(&pack, 7);
    let mut seen = std::collections::BTreeSet::new();
    println!("lines {}", lines.len());
    for line in &lines {
        for phase in [Phase::Hold, Phase::Person] {
            let ctx = Context { phase, payer, menu, questions, asked: None, read_back: None, known: &known, today: Date::new(2026,11,22).unwrap() };
            let u = understand(&Utterance::from_text(line, 300).words(), &ctx);
            let vals: Vec<String> = u.found.iter().map(|f| format!("{:?}{:?}={}", f.extracted.topic, f.extracted.verdict, f.value.as_ref().map(|v| v.canonical().expose(callwright_compliance::Purpose::Compare).clone()).unwrap_or_default())).collect();
            if seen.insert((format!("{:?}{:?}", phase, u.acts), line.split(' ').take(3).collect::<Vec<_>>().join(" "))) {
                println!("{phase:?} {:?} {vals:?} <- {line}", u.acts);
            }
        }
    }
    let text = "the individual deductible is one thousand five hundred dollars and four hundred dollars has been met and the out of pocket maximum is six thousand dollars for this plan year";
    let ut = Utterance::from_text(text, 300);
    println!("words {}", ut.len());
    let ctx = Context { phase: Phase::Person, payer, menu, questions, asked: None, read_back: None, known: &known, today: Date::new(2026,11,22).unwrap() };
    #[allow(clippy::disallowed_methods)]
    let t = std::time::Instant::now();
    for _ in 0..2000 { std::hint::black_box(understand(&ut.words(), &ctx)); }
    println!("per call {:?}", t.elapsed() / 2000);
}
