//! The audit's commands from their arguments to their output and exit codes: as an operator runs them, and as a stranger does.

use std::fs;

use super::super::tests::Place;
use super::Exit;

/// A practice whose configuration anchors into a folder.
async fn anchored() -> Place {
    let place = Place::new();
    let path = place.path("callwright.toml");
    let text = fs::read_to_string(&path).unwrap();
    let own = "# anchor_folder = \"/mnt/worm/callwright\"";
    assert!(text.contains(own));
    fs::write(&path, text.replace(own, "anchor_folder = \"anchors\"")).unwrap();
    fs::create_dir(place.path("anchors")).unwrap();
    place.set_up().await;
    place
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

const CONFIG: &str = "FOLDER/callwright.toml";

#[tokio::test]
async fn a_checkpoint_is_printed_anchored_and_found_again() {
    let place = anchored().await;
    // A folder that is empty says nothing, and that is said.
    let text = place.good(&format!("audit verify {CONFIG}")).await;
    assert!(text.contains("; not compared with anything outside; anchor "), "{text}");
    let found = json(&place.good(&format!("audit verify {CONFIG} --json")).await);
    assert_eq!(found[0]["compared_outside"], false);
    let note = place.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    // Nine acts of setting up, and the checkpoint's own entry.
    assert!(note.starts_with("callwright/audit/oak\n10\n"), "{note}");
    let kept = fs::read_to_string(place.path("anchors/oak-000000000010.checkpoint")).unwrap();
    assert_eq!(kept, note);
    // Nothing happened since but the anchoring: the same one again.
    assert_eq!(place.good(&format!("audit checkpoint {CONFIG} --as ann")).await, note);
    let text = place.good(&format!("audit verify {CONFIG}")).await;
    let wanted = "oak: whole, 11 entries, the first 10 signed; checkpoints: 1 stored, 1 kept elsewhere; anchor 11:";
    assert!(text.starts_with(wanted), "{text}");
    // By the folder alone the configuration is not read; then the anchors are named.
    for anchors in ["FOLDER/anchors", "FOLDER/anchors/oak-000000000010.checkpoint"] {
        let text = place.good(&format!("audit verify FOLDER --json --anchor {anchors}")).await;
        assert_eq!(json(&text)[0]["checkpoints_elsewhere"], 1);
        assert_eq!(json(&text)[0]["compared_outside"], true);
    }
    let made = place.good(&format!("audit checkpoint {CONFIG} --as ann --json")).await;
    assert_eq!((&json(&made)[0]["size"], &json(&made)[0]["note"]), (&10.into(), &note.into()));
}

#[tokio::test]
async fn an_older_database_that_was_put_back_is_found_by_the_anchors() {
    let place = anchored().await;
    place.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    let database = place.path("callwright.db");
    let older = fs::read(&database).unwrap();
    place.good("kill CONFIG --as ann --all").await;
    place.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    place.good(&format!("audit verify {CONFIG}")).await;

    fs::write(&database, older).unwrap();
    let (exit, text) = place.run(&format!("audit verify {CONFIG} --json")).await;
    assert_eq!(exit.unwrap(), Exit::NotGood);
    let found = json(&text);
    assert_eq!((&found[0]["whole"], &found[0]["broken_at"]), (&false.into(), &().into()));
    let why = found[0]["broken"].as_str().unwrap();
    assert!(
        why.contains("oak-000000000013.checkpoint") && why.contains("removed at its end"),
        "{why}"
    );
    // And it agrees with itself.
    place.good("audit verify FOLDER").await;
}

#[tokio::test]
async fn a_stranger_verifies_an_export_with_the_key_alone() {
    let place = anchored().await;
    place.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    let key = place.good(&format!("audit key {CONFIG}")).await.trim().to_owned();
    assert!(key.starts_with("callwright/audit/oak+"), "{key}");
    let export = format!("audit export {CONFIG} --as ann --out FOLDER/oak.jsonl");
    let printed = place.good(&export).await;
    assert!(
        printed.contains("13 entries and 2 checkpoints") && printed.contains(&key),
        "{printed}"
    );
    assert_eq!(place.run(&export).await.0.unwrap_err().exit(), Exit::NotGood, "never overwritten");

    // Elsewhere: no store, no key file.
    let stranger = Place::new();
    fs::copy(place.path("oak.jsonl"), stranger.path("oak.jsonl")).unwrap();
    fs::create_dir(stranger.path("kept")).unwrap();
    let name = "oak-000000000010.checkpoint";
    fs::copy(place.path("anchors").join(name), stranger.path("kept").join(name)).unwrap();
    let verify = format!("audit verify FOLDER/oak.jsonl --key {key} --anchor FOLDER/kept --json");
    let found = json(&stranger.good(&verify).await);
    assert_eq!((&found[0]["entries"], &found[0]["signed"]), (&13.into(), &13.into()));
    assert_eq!(found[0]["checkpoints_elsewhere"], 1);

    let text = fs::read_to_string(stranger.path("oak.jsonl")).unwrap();
    fs::write(stranger.path("oak.jsonl"), text.replacen("\"ben\"", "\"bea\"", 1)).unwrap();
    assert_eq!(stranger.run(&verify).await.0.unwrap(), Exit::NotGood);
    let lines: Vec<&str> = text.lines().collect();
    fs::write(stranger.path("oak.jsonl"), lines[..lines.len() - 1].join("\n")).unwrap();
    assert_eq!(stranger.run(&verify).await.0.unwrap(), Exit::NotGood);
    // Signed with another key than the one that is kept.
    let other = anchored().await;
    let other = other.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    fs::remove_file(stranger.path("kept").join(name)).unwrap();
    fs::write(stranger.path("kept").join(name), other).unwrap();
    fs::write(stranger.path("oak.jsonl"), text).unwrap();
    assert_eq!(stranger.run(&verify).await.0.unwrap(), Exit::NotGood);
}

#[tokio::test]
async fn a_proof_is_checked_without_the_store() {
    let place = anchored().await;
    let nothing = place.run(&format!("audit prove {CONFIG} 3")).await.0.unwrap_err();
    assert_eq!(nothing.exit(), Exit::Usage);
    place.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    place.good("kill CONFIG --as ann --all").await;
    place.good(&format!("audit checkpoint {CONFIG} --as ann")).await;
    let key = place.good(&format!("audit key {CONFIG}")).await.trim().to_owned();
    let proof = place.good(&format!("audit prove {CONFIG} 3 --practice oak --since 10")).await;

    let stranger = Place::new();
    let file = stranger.path("proof.json");
    fs::write(&file, &proof).unwrap();
    let check = format!("audit check-proof FOLDER/proof.json --key {key}");
    let text = stranger.good(&check).await;
    assert!(text.contains("entry 3 is in the signed log of 13 entries"), "{text}");
    assert!(text.contains("the first 10 are as they were signed before"), "{text}");
    let changed = proof.replacen("\"person\": \"ann\"", "\"person\": \"eve\"", 1);
    assert_ne!(changed, proof);
    fs::write(&file, changed).unwrap();
    let (exit, text) = stranger.run(&format!("{check} --json")).await;
    assert_eq!((exit.unwrap(), &json(&text)["proven"]), (Exit::NotGood, &false.into()));
    fs::write(&file, "{}").unwrap();
    assert_eq!(stranger.run(&check).await.0.unwrap_err().exit(), Exit::Usage);

    for wrong in [
        "prove FOLDER 99",
        "prove FOLDER 3 --size 7",
        "prove FOLDER 3 --size 10 --since 13",
        "prove FOLDER 3 --practice elm",
    ] {
        let exit = place.run(&format!("audit {wrong}")).await.0.unwrap_err().exit();
        assert_eq!(exit, Exit::Usage, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_no_anchor_is_named() {
    let place = anchored().await;
    let elm = "callwright/audit/elm\n1\nx\n";
    fs::write(place.path("elm"), elm).unwrap();
    for wrong in [
        "--anchor FOLDER/nothing",
        "--anchor 9:abc --practice oak",
        "--anchor FOLDER/elm",
        "--anchor 9:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ] {
        let exit = place.run(&format!("audit verify FOLDER {wrong}")).await.0.unwrap_err().exit();
        assert_eq!(exit, Exit::Usage, "{wrong}");
    }
    fs::remove_dir_all(place.path("anchors")).unwrap();
    let gone = place.run(&format!("audit verify {CONFIG}")).await.0.unwrap_err();
    assert!(gone.to_string().contains("the anchor folder"), "{gone}");
}
