//! TLS: only a certificate that is trusted is spoken to, over WebSockets and over HTTP alike.

use std::sync::Arc;

use callwright_compliance::Phi;
use callwright_compliance::vendor::Role;
use callwright_core::Goal;
use callwright_vendors::elevenlabs::ElevenLabs;
use callwright_vendors::openai::OpenAi;
use callwright_vendors::{Endpoint, LanguageModel, TextToSpeech, VendorError};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::common::{Server, egress, key, soon};
use crate::{elevenlabs, openai};

/// A server's TLS, and the PEM of the certificate that it shows.
fn certified() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let chain = vec![CertificateDer::from(made.cert.der().to_vec())];
    let own_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, own_key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), pem(made.cert.der()))
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[tokio::test]
async fn a_websocket_is_encrypted_and_its_other_end_proven() {
    let (acceptor, pem) = certified();
    let server = Server::bind().await;
    let base = format!("wss://localhost:{}", server.port());

    let trusting = Endpoint::trusting(&base, key(), pem.as_bytes()).unwrap();
    let vendor = ElevenLabs::new(trusting, elevenlabs::config()).unwrap();
    let mut session = vendor.open(elevenlabs::leave()).unwrap();
    let _from = session.speak(Phi::new("One.".to_owned()));
    let stream = soon(acceptor.accept(server.tcp().await)).await.unwrap();
    let mut socket = soon(tokio_tungstenite::accept_async(stream)).await.unwrap();
    let first = soon(futures_util::StreamExt::next(&mut socket)).await.unwrap().unwrap();
    assert!(first.into_text().unwrap().contains("context_id"));

    // The system does not vouch for that certificate.
    let vendor =
        ElevenLabs::new(Endpoint::new(&base, key()).unwrap(), elevenlabs::config()).unwrap();
    let mut session = vendor.open(elevenlabs::leave()).unwrap();
    let mut from = session.speak(Phi::new("One.".to_owned()));
    assert!(soon(acceptor.accept(server.tcp().await)).await.is_err());
    let expected = VendorError::Untrusted { vendor: "elevenlabs" };
    assert_eq!(elevenlabs::failed(&mut from).await, expected);
    assert!(server.is_quiet(), "it is not tried again");
}

#[tokio::test]
async fn http_is_encrypted_and_its_other_end_proven() {
    let (acceptor, pem) = certified();
    let server = Server::bind().await;
    let base = format!("https://localhost:{}/v1", server.port());

    let trusting = Endpoint::trusting(&base, key(), pem.as_bytes()).unwrap();
    let vendor = OpenAi::new(trusting, openai::config()).unwrap();
    let mut session = vendor.open(egress(Role::LanguageModel, "openai").0).unwrap();
    let mut events = session.turn(openai::request(&[Goal::Acknowledge]));
    let mut stream = soon(acceptor.accept(server.tcp().await)).await.unwrap();
    let mut read = vec![0; 64];
    soon(stream.read_exact(&mut read)).await.unwrap();
    assert!(read.starts_with(b"POST /v1/chat/completions "));
    let answer = format!("{}{}{}", openai::STREAM, openai::content("Okay."), openai::stop());
    stream.write_all(answer.as_bytes()).await.unwrap();
    assert_eq!(openai::segment(&mut events).await, "Okay.");

    let vendor = OpenAi::new(Endpoint::new(&base, key()).unwrap(), openai::config()).unwrap();
    let mut session = vendor.open(openai::leave()).unwrap();
    let mut events = session.turn(openai::request(&[Goal::Acknowledge]));
    assert!(soon(acceptor.accept(server.tcp().await)).await.is_err());
    let expected = VendorError::Untrusted { vendor: "openai" };
    assert_eq!(openai::failed(&mut events).await, expected);
    assert!(server.is_quiet(), "it is not tried again");
}
