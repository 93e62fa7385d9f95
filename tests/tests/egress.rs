//! Egress passes the vendor register (rule V1): what connects to anything stands in a few modules, each of which asks for a permit, and no
//! other code of the product connects at all.

#[expect(dead_code, reason = "each test of the house uses a part of it")]
mod common;

use std::collections::BTreeMap;

use common::source::{code, is_test, without_tests};
use common::{read, root, rust};

/// What makes a connection, resolves a name, or sends to an address. Words of code, not of comments.
const CONNECTS: &[&str] = &[
    "Client::builder(",
    "reqwest::Client::new(",
    "reqwest::get(",
    "reqwest::blocking",
    "TcpStream::connect",
    "TcpSocket::",
    "UnixStream::connect",
    "UdpSocket",
    "connect_async",
    "client_async",
    "lookup_host",
    "to_socket_addrs",
    "ToSocketAddrs",
    "hyper::client",
    "client::conn",
    "legacy::Client",
    "connect_tcp",
    "getaddrinfo",
];

/// The modules that may, and the check of the permit that each makes.
const APPROVED: &[(&str, &str, &str)] = &[
    ("agent/vendors/src/openai/session.rs", "egress.admit(", "the language model's HTTP client"),
    ("agent/vendors/src/wire/dns.rs", "egress.admit(", "names of vendors, resolved"),
    ("agent/vendors/src/wire/websocket.rs", "admitted(", "WebSockets of speech vendors"),
    ("dialplan/src/twilio/client.rs", "check_peer(", "the carrier's HTTP client"),
    ("dialplan/src/twilio/peer.rs", "check_peer(", "names of the carrier, resolved"),
];

/// The simulated outside world is no part of what a practice runs calls with, and connects to loopback only.
const SIMULATED: &str = "sim/src/";

/// Whether a file is of the product: what a practice's process runs.
fn is_product(path: &str) -> bool {
    path.contains("src/")
        && !path.starts_with(SIMULATED)
        && !path.starts_with("tests/")
        && !is_test(path)
}

/// Where product code connects, as path, line and word.
fn sites(text: &str) -> Vec<(usize, &'static str)> {
    let code = code(text);
    let mut sites = Vec::new();
    for (at, line) in without_tests(&code).lines().enumerate() {
        // A name that is only brought into scope connects to nothing.
        if line.trim_start().starts_with("use ") {
            continue;
        }
        sites.extend(
            CONNECTS.iter().filter(|word| line.contains(**word)).map(|word| (at + 1, *word)),
        );
    }
    sites
}

#[test]
fn connections_are_made_in_the_approved_modules_only() {
    let mut stray = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in rust().into_iter().filter(|(path, _)| is_product(path)) {
        let found = sites(&text);
        match APPROVED.iter().find(|(file, ..)| *file == path) {
            Some((file, ..)) => *used.entry(file).or_default() += found.len(),
            None => stray.extend(found.iter().map(|(line, word)| format!("{path}:{line}: {word}"))),
        }
    }
    assert!(
        stray.is_empty(),
        "Everything that connects does so under an egress permit, in the modules of APPROVED. These lines are elsewhere:\n{}",
        stray.join("\n")
    );
    for (file, ..) in APPROVED {
        assert!(
            used.get(file).is_some_and(|count| *count > 0),
            "{file} connects to nothing: take it off the list"
        );
    }
}

#[test]
fn each_approved_module_asks_its_permit() {
    for (file, check, what) in APPROVED {
        let text = read(file);
        let code = code(&text);
        assert!(without_tests(&code).contains(check), "{file} ({what}) does not call {check}…)");
    }
}

#[test]
fn no_connection_goes_through_a_proxy_or_follows_a_redirect() {
    for (file, ..) in APPROVED {
        let text = read(file);
        let code = code(&text);
        if without_tests(&code).contains("Client::builder(") {
            for wanted in [".no_proxy()", "redirect::Policy::none()", ".dns_resolver("] {
                assert!(code.contains(wanted), "{file}: a client without {wanted}");
            }
        }
    }
}

#[test]
fn the_search_finds_what_connects() {
    let text = "use tokio::net::TcpStream;\n// TcpStream::connect\nlet a = TcpStream::connect(b);\n\
                let c = \"lookup_host\";\nlet d = reqwest::Client::builder();\n";
    let found = sites(text);
    assert_eq!(found, [(3, "TcpStream::connect"), (5, "Client::builder(")]);
    assert!(is_product("agent/src/cli/host.rs") && is_product("dialplan/src/number.rs"));
    for other in ["sim/src/line.rs", "tests/tests/egress.rs", "media/src/twilio/tests.rs"] {
        assert!(!is_product(other), "{other}");
    }
    assert!(root().join("agent/src/destinations.rs").is_file());
}
