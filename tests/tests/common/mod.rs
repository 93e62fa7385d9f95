//! Reading the workspace's own files. It judges nothing: the tests do.

pub(crate) mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold no source: what is built, what runs leave behind, and version control.
const NOT_SOURCE: &[&str] = &[".git", "out", "target"];

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the package lies in the workspace").to_owned()
}

/// A file of the workspace.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file under a folder of the workspace, by its path from the workspace's folder, with `/`, in order.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root().join(folder), folder, &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, name: &str, found: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{name}: {error}"));
    for entry in entries {
        let entry = entry.expect("a folder that can be opened can be read");
        let own = entry.file_name().into_string().expect("file names of the workspace are UTF-8");
        let path = if name.is_empty() { own.clone() } else { format!("{name}/{own}") };
        if !entry.path().is_dir() {
            found.push(path);
        } else if !NOT_SOURCE.contains(&own.as_str()) {
            walk(&entry.path(), &path, found);
        }
    }
}

/// Every file of the workspace with one of these endings, such as `.rs`.
pub(crate) fn files_ending(endings: &[&str]) -> Vec<String> {
    let mut files = files("");
    files.retain(|path| endings.iter().any(|ending| path.ends_with(ending)));
    files
}

/// Every Rust file with its text.
pub(crate) fn rust() -> Vec<(String, String)> {
    let files = files_ending(&[".rs"]);
    assert!(files.len() > 100, "only {} Rust files were found: the search is broken", files.len());
    files.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// A package of the workspace, as cargo knows it.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its folder.
    pub(crate) folder: String,
    /// The packages that it needs to be built: kinds "normal" and "build".
    pub(crate) needs: Vec<String>,
    /// The packages that only its tests need.
    pub(crate) tests_need: Vec<String>,
}

/// The packages of the workspace, by name.
pub(crate) fn packages() -> BTreeMap<String, Package> {
    let root = root();
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(&root)
        .output()
        .expect("cargo runs, for it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let list = metadata["packages"].as_array().expect("there are packages");
    list.iter().map(|package| (text(&package["name"]), as_package(package, &root))).collect()
}

fn as_package(package: &serde_json::Value, root: &Path) -> Package {
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let folder = manifest.parent().and_then(|folder| folder.strip_prefix(root).ok());
    let folder = folder.expect("a package lies in the workspace");
    let mut of_kind = (Vec::new(), Vec::new());
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let name = text(&dependency["name"]);
        if dependency["kind"] == "dev" { of_kind.1.push(name) } else { of_kind.0.push(name) }
    }
    let (needs, tests_need) = of_kind;
    Package { folder: folder.display().to_string(), needs, tests_need }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("cargo's names are strings").to_owned()
}

/// The rows of the first Markdown table in `text` whose head begins with `first`: its cells, trimmed.
pub(crate) fn table(text: &str, first: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = text.lines().skip_while(|line| {
        !line.starts_with('|') || cells(line).first().is_none_or(|cell| cell != first)
    });
    assert!(lines.next().is_some(), "there is no table whose head begins with '{first}'");
    lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// The first stretch of `code` in a Markdown text.
pub(crate) fn first_code(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
