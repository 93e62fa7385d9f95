//! Deepgram as it should not be: each fault ends in a typed outcome, and nothing hangs.

use std::time::Duration;

use callwright_compliance::vendor::{PeerRefused, Role};
use callwright_vendors::deepgram::{Deepgram, DeepgramConfig};
use callwright_vendors::{Endpoint, SpeechToText, ToRecogniser, VendorError};

use crate::common::{Server, egress, elsewhere, ended, key, soon};
use crate::deepgram::{
    audio, config, failed, finalise, heard, leave, open, read_by_session, results, until_finalize,
    words,
};

const VENDOR: &str = "deepgram";
const SHORT: Duration = Duration::from_millis(60);

#[tokio::test]
async fn a_refused_key_ends_the_session_without_another_try() {
    for (status, expected) in [
        ("401 Unauthorized", VendorError::Refused { vendor: VENDOR }),
        ("403 Forbidden", VendorError::Refused { vendor: VENDOR }),
        ("402 Payment Required", VendorError::Unpaid { vendor: VENDOR }),
        ("400 Bad Request", VendorError::Rejected { vendor: VENDOR }),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        audio(&session, 0, 1);
        let body =
            r#"{"err_code":"INVALID_AUTH","err_msg":"Invalid credentials.","request_id":"r"}"#;
        server.refuse(status, "dg-error: x\r\n", body).await;
        assert_eq!(failed(&mut session).await, expected);
        assert!(soon(session.next()).await.is_none() && server.is_quiet());
    }
}

#[tokio::test]
async fn a_connection_that_dies_is_made_anew_and_what_it_owed_is_heard() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    audio(&session, 1_000, 1);
    audio(&session, 1_060, 2);
    let mut peer = server.websocket().await;
    assert_eq!(peer.binary().await[0], 1);
    assert_eq!(peer.binary().await[0], 2);
    peer.say(results((0.0, 0.06), &[("forty", 0.01, 0.05)], false)).await;
    drop(peer);
    audio(&session, 1_120, 3);
    finalise(&session, 1);
    let mut peer = server.websocket().await;
    let again = until_finalize(&mut peer).await;
    // The answer may have been read before the break or not; what it did not answer comes again.
    let base = f64::from(u32::from(again.len() == 3)) * 0.06;
    assert!(again == [2, 3] || again == [1, 2, 3], "{again:?}");
    let mut said = vec![("dollars", base + 0.01, base + 0.05)];
    if again.len() == 3 {
        said.insert(0, ("forty", 0.01, 0.05));
    }
    peer.say(results((0.0, base + 0.12), &said, true)).await;
    let expected = [("forty".to_owned(), 1_010, 1_050), ("dollars".to_owned(), 1_070, 1_110)];
    assert_eq!(words(&heard(&mut session).await), expected);
}

#[tokio::test]
async fn a_connection_that_dies_too_often_is_given_up() {
    let server = Server::bind().await;
    let mut session = open(&server, DeepgramConfig { reconnects_max: 2, ..config() }, leave());
    audio(&session, 0, 1);
    for _ in 0..3 {
        let mut peer = server.websocket().await;
        peer.binary().await;
    }
    assert_eq!(failed(&mut session).await, VendorError::Broke { vendor: VENDOR });
    assert!(server.is_quiet());
}

#[tokio::test]
async fn an_outage_while_asleep_is_made_good_at_the_wake_up() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    peer.binary().await;
    session.tell(ToRecogniser::Sleeps).unwrap();
    until_finalize(&mut peer).await;
    peer.close(1011).await;
    audio(&session, 60_000, 2);
    finalise(&session, 1);
    let mut peer = server.websocket().await;
    assert_eq!(until_finalize(&mut peer).await, [2], "what was slept through is not sent again");
    peer.say(results((0.0, 0.06), &[("hello", 0.01, 0.05)], true)).await;
    assert_eq!(words(&heard(&mut session).await), [("hello".to_owned(), 60_010, 60_050)]);
}

#[tokio::test]
async fn words_that_do_not_come_are_not_waited_for_and_do_not_come_later() {
    let server = Server::bind().await;
    let (egress, book) = egress(Role::SpeechToText, VENDOR);
    let mut session = open(&server, DeepgramConfig { finalise_wait: SHORT, ..config() }, egress);
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    finalise(&session, 1);
    assert_eq!(until_finalize(&mut peer).await, [1]);
    let first = heard(&mut session).await;
    assert!(first.words.is_empty() && first.done);
    // The answer comes when the next utterance is under way.
    audio(&session, 60, 2);
    assert_eq!(peer.binary().await[0], 2);
    peer.say(results((0.0, 0.06), &[("late", 0.01, 0.05)], true)).await;
    peer.say(results((0.06, 0.12), &[("new", 0.07, 0.11)], false)).await;
    read_by_session(&book, "new").await;
    finalise(&session, 2);
    assert_eq!(words(&heard(&mut session).await), [("new".to_owned(), 70, 110)]);
}

#[tokio::test]
async fn a_connection_that_hears_and_says_nothing_is_given_up() {
    let server = Server::bind().await;
    let mut config = DeepgramConfig { reconnects_max: 0, ..config() };
    config.timeouts.idle = SHORT;
    let mut session = open(&server, config, leave());
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    peer.binary().await;
    assert_eq!(failed(&mut session).await, VendorError::TimedOut { vendor: VENDOR });
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let server = Server::bind().await;
    let mut config = config();
    config.timeouts.connect = SHORT;
    config.retry.tries_max = 2;
    let mut session = open(&server, config, leave());
    audio(&session, 0, 1);
    let (_first, _second) = (server.tcp().await, server.tcp().await);
    assert_eq!(failed(&mut session).await, VendorError::TimedOut { vendor: VENDOR });
}

#[tokio::test]
async fn garbage_is_no_answer() {
    for garbage in ["hello", "[1]", r#"{"type":"Results","start":"x"}"#, "\u{0}"] {
        let server = Server::bind().await;
        let mut session = open(&server, DeepgramConfig { reconnects_max: 0, ..config() }, leave());
        audio(&session, 0, 1);
        let mut peer = server.websocket().await;
        peer.binary().await;
        peer.say(garbage).await;
        assert_eq!(
            failed(&mut session).await,
            VendorError::BadAnswer { vendor: VENDOR },
            "{garbage}"
        );
    }
    let server = Server::bind().await;
    let mut session = open(&server, DeepgramConfig { reconnects_max: 0, ..config() }, leave());
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    peer.say_binary(b"\x01\x02").await;
    assert_eq!(failed(&mut session).await, VendorError::BadAnswer { vendor: VENDOR });
}

#[tokio::test]
async fn audio_that_it_cannot_use_is_our_mistake_and_not_sent_again() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    audio(&session, 0, 1);
    let mut peer = server.websocket().await;
    peer.binary().await;
    peer.close(1008).await;
    assert_eq!(failed(&mut session).await, VendorError::Rejected { vendor: VENDOR });
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_limited_rate_is_waited_for_and_nothing_is_lost() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    audio(&session, 0, 1);
    server.refuse("429 Too Many Requests", "retry-after: 0\r\n", "{}").await;
    server.refuse("503 Service Unavailable", "", "").await;
    finalise(&session, 1);
    let mut peer = server.websocket().await;
    assert_eq!(until_finalize(&mut peer).await, [1]);
    peer.say(results((0.0, 0.06), &[("yes", 0.01, 0.05)], true)).await;
    assert_eq!(words(&heard(&mut session).await), [("yes".to_owned(), 10, 50)]);
}

#[tokio::test]
async fn a_rate_limited_for_longer_than_a_call_can_wait_is_given_up_at_once() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    audio(&session, 0, 1);
    server.refuse("429 Too Many Requests", "retry-after: 3600\r\n", "{}").await;
    assert_eq!(failed(&mut session).await, VendorError::RateLimited { vendor: VENDOR });
}

#[tokio::test]
async fn nobody_there_is_told() {
    let port = Server::bind().await.port();
    let base = format!("ws://127.0.0.1:{port}");
    let vendor = Deepgram::new(Endpoint::new(&base, key()).unwrap(), config()).unwrap();
    let mut session = vendor.open(leave()).unwrap();
    audio(&session, 0, 1);
    assert_eq!(failed(&mut session).await, VendorError::Unreachable { vendor: VENDOR });
}

#[tokio::test]
async fn without_leave_not_a_byte_is_sent() {
    for (egress, expected) in [
        (elsewhere(Role::SpeechToText, VENDOR), VendorError::Peer(PeerRefused)),
        (ended(Role::SpeechToText, VENDOR), VendorError::PermitEnded),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), egress);
        audio(&session, 0, 1);
        assert_eq!(failed(&mut session).await, expected);
        assert!(server.is_quiet(), "not even a connection");
    }
}

#[tokio::test]
async fn leave_for_another_vendor_or_role_opens_nothing() {
    let endpoint = Endpoint::new("ws://127.0.0.1:1", key()).unwrap();
    let vendor = Deepgram::new(endpoint, config()).unwrap();
    for (role, id) in [(Role::SpeechToText, "openai"), (Role::TextToSpeech, VENDOR)] {
        let refused = vendor.open(egress(role, id).0).err();
        assert_eq!(refused, Some(VendorError::WrongPermit { vendor: VENDOR }));
    }
}
