//! The commands from their arguments to their output and exit codes, on a folder of their own.

mod records;
mod register;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use tempfile::TempDir;

use super::output::test::Captured;
use super::*;

/// A folder with a configuration file.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        // An installation in the folder, without the carrier's secret.
        let text = include_str!("../../../deploy/callwright.toml")
            .replace("TWILIO_AUTH_TOKEN", "CALLWRIGHT_TEST_NO_SUCH_VARIABLE");
        fs::write(folder.path().join("callwright.toml"), text).unwrap();
        Place { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn run(&self, command: &str) -> (Result<Exit, CliError>, String) {
        let config = self.path("callwright.toml");
        let words = command.replace("CONFIG", &format!("--config {}", config.display()));
        let words = words.replace("FOLDER", &self.folder.path().display().to_string());
        self.run_words(words.split(' ')).await
    }

    /// Runs a command whose words may have blanks.
    pub(in crate::cli) async fn run_words<'w>(
        &self,
        words: impl Iterator<Item = &'w str>,
    ) -> (Result<Exit, CliError>, String) {
        let cli = Cli::try_parse_from(["callwright"].into_iter().chain(words)).unwrap();
        let captured = Captured::default();
        let session = Session { clock: Clock, logs: Logs::Silent };
        let exit = run(cli, session, &mut captured.out()).await;
        (exit, captured.text())
    }

    pub(crate) async fn good(&self, command: &str) -> String {
        let (exit, text) = self.run(command).await;
        assert_eq!(exit.map_err(|error| error.to_string()), Ok(Exit::Good), "{command}: {text}");
        text
    }

    /// A practice with everything in the store that a call needs.
    pub(in crate::cli) async fn set_up(&self) {
        let today = Clock.wall().to_zoned(jiff::tz::TimeZone::UTC).date();
        fs::write(self.path("tax"), "12-3456789\n").unwrap();
        fs::write(self.path("page"), "call us").unwrap();
        self.good("setup key CONFIG").await;
        self.good("setup practice CONFIG --as ann --practice oak --name Oak").await;
        self.good(
            "setup provider CONFIG --as ann --practice oak --name Oak --npi 1234567893 \
             --tax-id-file FOLDER/tax --callback +16142000134 --street River --city Columbus \
             --state OH --zip 43004",
        )
        .await;
        for (role, id) in [
            ("speech_to_text", "pocketsphinx"),
            ("language_model", "rules"),
            ("text_to_speech", "flite"),
            ("carrier", "twilio"),
        ] {
            let vendor = format!("--role {role} --id {id} --network 127.0.0.0/8");
            self.good(&format!("setup vendor CONFIG --as ann --practice oak {vendor}")).await;
        }
        let printed = self
            .good(&format!(
                "setup allow CONFIG --as ann --practice oak --payer acme-health \
                 --purpose medical_benefits --document FOLDER/page --published payer_website \
                 --seen-on {today} --line-type toll_free",
            ))
            .await;
        let entry = printed.split([' ', ';']).nth(1).unwrap();
        let approve = format!("setup approve CONFIG --practice oak --entry {entry}");
        let (own, _) = self.run(&format!("{approve} --as ann")).await;
        assert_eq!(own.unwrap_err().exit(), Exit::Usage);
        self.good(&format!("{approve} --as ben")).await;
    }

    async fn missing(&self) -> Vec<String> {
        let (exit, text) = self.run("check CONFIG --json").await;
        let findings: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let missing = findings.iter().filter(|finding| finding["good"] == false);
        let missing: Vec<String> = missing
            .inspect(|finding| assert!(finding["mend"].as_str().is_some_and(|m| !m.is_empty())))
            .map(|finding| finding["subject"].as_str().unwrap().to_owned())
            // Whether speech is installed is the machine's matter.
            .filter(|subject| subject != "voice" && subject != "ear")
            .collect();
        assert_eq!(exit.unwrap(), Exit::NotGood);
        missing
    }
}

#[test]
fn the_arguments_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_a_description() {
    fn look(command: &clap::Command) {
        assert!(command.get_about().is_some(), "{} has none", command.get_name());
        command.get_subcommands().filter(|sub| sub.get_name() != "help").for_each(look);
    }
    look(&Cli::command());
}

#[tokio::test]
async fn check_lists_everything_that_an_empty_folder_lacks() {
    let wanted = [
        "carrier account",
        "key file",
        "store",
        "practice",
        "provider",
        "vendor register",
        "allowlist",
    ];
    assert_eq!(Place::new().missing().await, wanted);
}

#[tokio::test]
async fn after_setup_only_the_secret_is_missing() {
    let place = Place::new();
    place.set_up().await;
    assert_eq!(place.missing().await, ["carrier account"]);
    place.good("kill CONFIG --as ann --all").await;
    assert_eq!(place.missing().await, ["carrier account", "practice oak: kill switch"]);
    place.good("kill lift CONFIG --as ann --all").await;
    assert_eq!(place.missing().await, ["carrier account"]);
}

/// Changes one byte of the name of whoever acted, everywhere in the file: what a program that opens the file could do.
fn tamper(database: &Path) {
    let mut bytes = fs::read(database).unwrap();
    let name = b"{\"person\":\"ben\"}";
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + name.len() - 3] = b'x';
    }
    fs::write(database, bytes).unwrap();
}

#[tokio::test]
async fn audit_verify_tells_a_whole_chain_from_a_tampered_one() {
    let place = Place::new();
    place.set_up().await;
    for path in ["FOLDER", "FOLDER/callwright.toml"] {
        let text = place.good(&format!("audit verify {path}")).await;
        let wanted = "oak: whole, 9 entries; not compared with anything outside; anchor 9:";
        assert!(text.starts_with(wanted), "{text}");
    }
    let anchor = place.good("audit verify FOLDER").await;
    let anchor = anchor.trim().rsplit(' ').next().unwrap().to_owned();
    let text = place.good(&format!("audit verify FOLDER --practice oak --anchor {anchor}")).await;
    assert!(text.starts_with("oak: whole, 9 entries; anchor 9:"), "{text}");
    let longer = anchor.replacen("9:", "10:", 1);
    let command = format!("audit verify FOLDER --practice oak --anchor {longer}");
    assert_eq!(place.run(&command).await.0.unwrap(), Exit::NotGood);

    tamper(&place.path("callwright.db"));
    let (exit, text) = place.run("audit verify FOLDER --json").await;
    assert_eq!(exit.unwrap(), Exit::NotGood);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&found[0]["whole"], &found[0]["broken_at"]), (&false.into(), &8.into()));
}

#[tokio::test]
async fn audit_verify_makes_no_database() {
    let place = Place::new();
    place.good("setup key CONFIG").await;
    let (exit, _) = place.run("audit verify FOLDER").await;
    assert_eq!(exit.unwrap_err().exit(), Exit::Usage);
    assert!(!place.path("callwright.db").exists());
}

#[tokio::test]
async fn a_broken_configuration_is_a_usage_error() {
    let place = Place::new();
    fs::write(place.path("callwright.toml"), "[server]\nlisten = 5\n").unwrap();
    for command in ["check CONFIG", "setup key CONFIG", "serve CONFIG"] {
        let (exit, text) = place.run(command).await;
        let error = exit.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains("`server.listen`"), "{error}");
        assert_eq!(text, "");
    }
}

#[tokio::test]
async fn a_replay_of_nothing_is_a_usage_error() {
    let (exit, _) = Place::new().run("replay FOLDER").await;
    assert_eq!(exit.unwrap_err().exit(), Exit::Usage);
}

#[tokio::test]
async fn a_scenario_is_outlined() {
    let text = Place::new().good("sim payer").await;
    assert!(text.contains("menu ") && text.contains("representative: "), "{text}");
    let (exit, _) = Place::new().run("sim payer --scenario FOLDER/none.toml").await;
    assert_eq!(exit.unwrap_err().exit(), Exit::Usage);
}
