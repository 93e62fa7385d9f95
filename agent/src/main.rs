//! The `callwright` command.
#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = callwright::demo::Args { show_phi: std::env::args().any(|a| a == "--show-phi"), ..Default::default() };
    let clock = callwright::clock::Clock;
    let out = callwright::demo::folder(&args, clock);
    std::fs::create_dir_all(&out).unwrap();
    let f = std::fs::File::create(out.join("log.jsonl")).unwrap();
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG).with_writer(std::sync::Mutex::new(f)).init();
    match callwright::demo::run(&args, &out, clock).await {
        Ok(ok) => std::process::exit(i32::from(!ok)),
        Err(e) => { eprintln!("{e}"); std::process::exit(2) }
    }
}
