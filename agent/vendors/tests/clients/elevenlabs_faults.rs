//! ElevenLabs as it should not be: each fault ends in a typed outcome, and nothing hangs.

use std::time::Duration;

use callwright_compliance::vendor::{PeerRefused, Role};
use callwright_vendors::elevenlabs::{ElevenLabs, ElevenLabsConfig};
use callwright_vendors::{Endpoint, TextToSpeech, VendorError};
use serde_json::json;

use crate::common::{Server, egress, elsewhere, ended, key, soon};
use crate::elevenlabs::{
    audio, begun, config, failed, leave, open, over, say_audio, say_final, speak,
};

const VENDOR: &str = "elevenlabs";
const SHORT: Duration = Duration::from_millis(60);

#[tokio::test]
async fn refusals_are_told_apart_and_not_repeated() {
    let quota = r#"{"detail":{"status":"quota_exceeded","message":"m"}}"#;
    let key = r#"{"detail":{"status":"invalid_api_key","message":"m"}}"#;
    for (status, body, expected) in [
        ("401 Unauthorized", key, VendorError::Refused { vendor: VENDOR }),
        ("401 Unauthorized", quota, VendorError::Unpaid { vendor: VENDOR }),
        ("403 Forbidden", "", VendorError::Refused { vendor: VENDOR }),
        ("422 Unprocessable Entity", r#"{"detail":[]}"#, VendorError::Rejected { vendor: VENDOR }),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut first = speak(&mut session, "One.");
        server.refuse(status, "content-type: application/json\r\n", body).await;
        assert_eq!(failed(&mut first).await, expected);
        assert!(server.is_quiet(), "{status}");
    }
}

#[tokio::test]
async fn a_failed_connection_fails_what_waits_and_the_next_segment_tries_again() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut first = speak(&mut session, "One.");
    server.refuse("401 Unauthorized", "", "").await;
    assert_eq!(failed(&mut first).await, VendorError::Refused { vendor: VENDOR });
    let mut second = speak(&mut session, "Two.");
    let mut peer = server.websocket().await;
    let (context, _) = begun(&mut peer).await;
    say_audio(&mut peer, &context, &[2]).await;
    assert_eq!(audio(&mut second).await, [2]);
}

#[tokio::test]
async fn a_connection_that_dies_before_it_spoke_is_made_anew_once() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut from = speak(&mut session, "One.");
    let mut peer = server.websocket().await;
    let (first, _) = begun(&mut peer).await;
    drop(peer);
    let mut peer = server.websocket().await;
    let (second, words) = begun(&mut peer).await;
    assert!(first != second && words == "One. ", "a context's id is not used twice");
    // What the first connection still had to say is nobody's.
    say_audio(&mut peer, &first, &[1]).await;
    say_audio(&mut peer, &second, &[2]).await;
    say_final(&mut peer, &second).await;
    assert_eq!(audio(&mut from).await, [2]);
    over(&mut from).await;

    let mut from = speak(&mut session, "Two.");
    begun(&mut peer).await;
    drop(peer);
    let mut peer = server.websocket().await;
    begun(&mut peer).await;
    drop(peer);
    assert_eq!(failed(&mut from).await, VendorError::Broke { vendor: VENDOR });
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_segment_that_was_heard_in_part_is_not_said_again() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut first = speak(&mut session, "One.");
    let mut second = speak(&mut session, "Two.");
    let mut peer = server.websocket().await;
    let (one, _) = begun(&mut peer).await;
    begun(&mut peer).await;
    say_audio(&mut peer, &one, &[1]).await;
    assert_eq!(audio(&mut first).await, [1]);
    drop(peer);
    assert_eq!(failed(&mut first).await, VendorError::Broke { vendor: VENDOR });
    // The other one was not heard of yet.
    let mut peer = server.websocket().await;
    let (two, words) = begun(&mut peer).await;
    assert_eq!(words, "Two. ");
    say_audio(&mut peer, &two, &[2]).await;
    assert_eq!(audio(&mut second).await, [2]);
}

#[tokio::test]
async fn a_segment_that_does_not_come_is_given_up() {
    let server = Server::bind().await;
    let mut impatient = config();
    impatient.timeouts.first_answer = SHORT;
    let mut session = open(&server, impatient, leave());
    let mut from = speak(&mut session, "One.");
    let mut peer = server.websocket().await;
    begun(&mut peer).await;
    assert_eq!(failed(&mut from).await, VendorError::TimedOut { vendor: VENDOR });
    assert!(peer.next().await.is_none(), "the connection is taken for dead");
}

#[tokio::test]
async fn a_segment_that_stands_still_is_given_up() {
    let server = Server::bind().await;
    let mut impatient = config();
    impatient.timeouts.idle = SHORT;
    let mut session = open(&server, impatient, leave());
    let mut from = speak(&mut session, "One.");
    let mut peer = server.websocket().await;
    let (context, _) = begun(&mut peer).await;
    say_audio(&mut peer, &context, &[1]).await;
    assert_eq!(audio(&mut from).await, [1]);
    assert_eq!(failed(&mut from).await, VendorError::TimedOut { vendor: VENDOR });
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let server = Server::bind().await;
    let mut impatient = config();
    impatient.timeouts.connect = SHORT;
    impatient.retry.tries_max = 1;
    let mut session = open(&server, impatient, leave());
    let mut from = speak(&mut session, "One.");
    let _silent = server.tcp().await;
    assert_eq!(failed(&mut from).await, VendorError::TimedOut { vendor: VENDOR });
}

#[tokio::test]
async fn garbage_is_no_answer() {
    for garbage in ["hello", "[1]", r#"{"audio":"***","contextId":"CONTEXT"}"#, r#"{"audio":1}"#] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut from = speak(&mut session, "One.");
        let mut peer = server.websocket().await;
        let (context, _) = begun(&mut peer).await;
        peer.say(garbage.replace("CONTEXT", &context)).await;
        assert_eq!(failed(&mut from).await, VendorError::BadAnswer { vendor: VENDOR }, "{garbage}");
        assert!(server.is_quiet());
    }
}

#[tokio::test]
async fn an_end_without_audio_is_no_answer() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut from = speak(&mut session, "One.");
    let mut peer = server.websocket().await;
    let (context, _) = begun(&mut peer).await;
    say_final(&mut peer, &context).await;
    assert_eq!(failed(&mut from).await, VendorError::BadAnswer { vendor: VENDOR });
}

#[tokio::test]
async fn the_vendors_own_errors_are_told_apart() {
    for (name, expected) in [
        ("quota_exceeded", VendorError::Unpaid { vendor: VENDOR }),
        ("voice_not_found", VendorError::Rejected { vendor: VENDOR }),
        ("invalid_api_key", VendorError::Refused { vendor: VENDOR }),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut from = speak(&mut session, "One.");
        let mut peer = server.websocket().await;
        begun(&mut peer).await;
        peer.say(json!({"message": "m", "error": name, "code": 1008}).to_string()).await;
        assert_eq!(failed(&mut from).await, expected, "{name}");
        assert!(server.is_quiet());
    }
}

#[tokio::test]
async fn a_limited_rate_is_waited_for() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut from = speak(&mut session, "One.");
    let busy = r#"{"detail":{"status":"system_busy","message":"m"}}"#;
    server.refuse("429 Too Many Requests", "retry-after: 0\r\n", busy).await;
    let mut peer = server.websocket().await;
    let (context, _) = begun(&mut peer).await;
    say_audio(&mut peer, &context, &[1]).await;
    assert_eq!(audio(&mut from).await, [1]);
}

#[tokio::test]
async fn nobody_there_is_told_to_everyone_who_waits() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    drop(server);
    let mut first = speak(&mut session, "One.");
    assert_eq!(failed(&mut first).await, VendorError::Unreachable { vendor: VENDOR });
}

#[tokio::test]
async fn without_leave_not_a_byte_is_sent() {
    for (egress, expected) in [
        (elsewhere(Role::TextToSpeech, VENDOR), VendorError::Peer(PeerRefused)),
        (ended(Role::TextToSpeech, VENDOR), VendorError::PermitEnded),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), egress);
        session.warm();
        let mut from = speak(&mut session, "One.");
        assert_eq!(failed(&mut from).await, expected);
        assert!(server.is_quiet(), "not even a connection");
    }
}

#[tokio::test]
async fn leave_for_another_vendor_or_role_opens_nothing() {
    let endpoint = Endpoint::new("ws://127.0.0.1:1", key()).unwrap();
    let vendor = ElevenLabs::new(endpoint, config()).unwrap();
    for (role, id) in [(Role::TextToSpeech, "flite"), (Role::SpeechToText, VENDOR)] {
        let refused = vendor.open(egress(role, id).0).err();
        assert_eq!(refused, Some(VendorError::WrongPermit { vendor: VENDOR }));
    }
}

#[tokio::test]
async fn more_segments_than_fit_fail_at_once() {
    let server = Server::bind().await;
    let mut session = open(&server, ElevenLabsConfig::of_voice("voice1"), leave());
    // The task has not run yet, so nothing is taken out of the queue between these.
    let mut pieces: Vec<_> = (0..40).map(|_| speak(&mut session, "One.")).collect();
    let last = soon(pieces[39].recv()).await.unwrap().unwrap_err();
    assert_eq!(last, VendorError::Behind { vendor: VENDOR });
}
