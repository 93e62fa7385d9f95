//! A language model as it should not be: each fault ends in a typed outcome, and nothing hangs.

use std::time::Duration;

use callwright_compliance::vendor::{PeerRefused, Role};
use callwright_core::{Goal, Topic, ValueId};
use callwright_vendors::openai::{OpenAi, OpenAiConfig};
use callwright_vendors::{Endpoint, LanguageModel, ModelEvent, VendorError};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Http, Server, egress, elsewhere, ended, key};
use crate::openai::{
    MEMBER, STREAM, chunk, config, content, done, event, failed, leave, open, request, segment,
    stop,
};

const VENDOR: &str = "openai";
const SHORT: Duration = Duration::from_millis(60);

#[tokio::test]
async fn refusals_are_told_apart_and_not_repeated() {
    let body =
        r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"c"}}"#;
    for (status, expected) in [
        ("401 Unauthorized", VendorError::Refused { vendor: VENDOR }),
        ("403 Forbidden", VendorError::Refused { vendor: VENDOR }),
        ("402 Payment Required", VendorError::Unpaid { vendor: VENDOR }),
        ("404 Not Found", VendorError::Rejected { vendor: VENDOR }),
        ("302 Found", VendorError::BadAnswer { vendor: VENDOR }),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut events = session.turn(request(&[Goal::Acknowledge]));
        let elsewhere = format!("location: http://127.0.0.1:{}/x\r\n", server.port());
        server.refuse(status, &elsewhere, body).await;
        assert_eq!(failed(&mut events).await, expected);
        assert!(server.is_quiet(), "{status}");
    }
}

#[tokio::test]
async fn a_limited_rate_is_waited_for() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    server
        .refuse("429 Too Many Requests", "retry-after-ms: 1\r\nretry-after: 9999\r\n", "{}")
        .await;
    server.refuse("500 Internal Server Error", "", "").await;
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    http.write(STREAM).await;
    http.write(&(content("Okay.") + &stop())).await;
    assert_eq!(segment(&mut events).await, "Okay.");
    done(&mut events).await;
}

#[tokio::test]
async fn one_that_stays_limited_or_down_is_given_up() {
    for (status, headers, expected, tries) in [
        (
            "429 Too Many Requests",
            "retry-after: 3600\r\n",
            VendorError::RateLimited { vendor: VENDOR },
            1,
        ),
        ("503 Service Unavailable", "", VendorError::Unavailable { vendor: VENDOR }, 3),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut events = session.turn(request(&[Goal::Acknowledge]));
        for _ in 0..tries {
            server.refuse(status, headers, "{}").await;
        }
        assert_eq!(failed(&mut events).await, expected);
        assert!(server.is_quiet());
    }
}

#[tokio::test]
async fn a_stream_that_dies_after_its_first_words_is_not_asked_for_again() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    http.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let piece = content("All right, one moment");
    http.write(&format!("{:x}\r\n{piece}\r\n", piece.len())).await;
    assert_eq!(segment(&mut events).await, "All right,");
    drop(http);
    assert_eq!(failed(&mut events).await, VendorError::Broke { vendor: VENDOR });
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_stream_that_ends_without_a_reason_is_not_whole() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    for (ending, expected) in [
        (String::new(), VendorError::Broke { vendor: VENDOR }),
        ("data: [DONE]\n\n".to_owned(), VendorError::Broke { vendor: VENDOR }),
        (chunk(&json!({}), Some("length")), VendorError::OffGoals { vendor: VENDOR }),
        (chunk(&json!({}), Some("content_filter")), VendorError::OffGoals { vendor: VENDOR }),
        (chunk(&json!({}), Some("something_new")), VendorError::BadAnswer { vendor: VENDOR }),
        (chunk(&json!({"refusal": "I cannot."}), None), VendorError::OffGoals { vendor: VENDOR }),
        (
            "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}\n\n".to_owned(),
            VendorError::Unavailable { vendor: VENDOR },
        ),
    ] {
        let mut events = session.turn(request(&[Goal::Acknowledge]));
        let mut http = Http { stream: server.tcp().await };
        http.request().await;
        http.write(STREAM).await;
        http.write(&(content("Okay") + &ending)).await;
        drop(http);
        assert_eq!(failed(&mut events).await, expected, "{ending}");
    }
}

/// Serves one connection as far as it gets: the client gives up at a time of its own.
async fn serve(server: Server, parts: Vec<String>) -> TcpStream {
    let mut stream = server.tcp().await;
    let mut request = vec![0; 64 * 1024];
    drop(stream.read(&mut request).await);
    for part in parts {
        drop(stream.write_all(part.as_bytes()).await);
    }
    stream
}

#[tokio::test]
async fn silence_before_the_first_words_is_given_up() {
    let empty = chunk(&json!({"role": "assistant", "content": ""}), None);
    for parts in [vec![], vec![STREAM.to_owned()], vec![STREAM.to_owned(), empty]] {
        let server = Server::bind().await;
        let mut impatient = config();
        impatient.timeouts.first_answer = SHORT;
        let mut session = open(&server, impatient, leave());
        let mut events = session.turn(request(&[Goal::Acknowledge]));
        let (error, _held) = tokio::join!(failed(&mut events), serve(server, parts));
        assert_eq!(error, VendorError::TimedOut { vendor: VENDOR });
    }
}

#[tokio::test]
async fn silence_between_words_is_given_up() {
    let server = Server::bind().await;
    let mut impatient = config();
    impatient.timeouts.idle = SHORT;
    let mut session = open(&server, impatient, leave());
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    let mut http = Http { stream: server.tcp().await };
    http.request().await;
    http.write(STREAM).await;
    http.write(&content("All right, one")).await;
    assert_eq!(segment(&mut events).await, "All right,");
    assert_eq!(failed(&mut events).await, VendorError::TimedOut { vendor: VENDOR });
    http.closed().await;
}

#[tokio::test]
async fn a_turn_that_dribbles_has_an_end() {
    let server = Server::bind().await;
    let limited = OpenAiConfig { total: SHORT, ..config() };
    let mut session = open(&server, limited, leave());
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    let parts = vec![STREAM.to_owned(), content("Well")];
    let (error, _held) = tokio::join!(failed(&mut events), serve(server, parts));
    assert_eq!(error, VendorError::TimedOut { vendor: VENDOR });
}

#[tokio::test]
async fn garbage_is_no_answer() {
    for garbage in ["<html>\n", "data: {\"choices\":1}\n\n", "data: {{{\n\n", "data: \"x\"\n\n"] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut events = session.turn(request(&[Goal::Acknowledge]));
        let mut http = Http { stream: server.tcp().await };
        http.request().await;
        http.write(STREAM).await;
        http.write(garbage).await;
        assert_eq!(
            failed(&mut events).await,
            VendorError::BadAnswer { vendor: VENDOR },
            "{garbage}"
        );
        assert!(server.is_quiet());
    }
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    for _ in 0..3 {
        let mut http = Http { stream: server.tcp().await };
        http.request().await;
        http.write("not HTTP at all\r\n\r\n").await;
    }
    assert_eq!(failed(&mut events).await, VendorError::Broke { vendor: VENDOR });
}

#[tokio::test]
async fn words_beyond_the_goals_fail_the_turn_and_are_not_passed_on() {
    let read_back = Goal::ReadBack(Topic::Name, ValueId(2));
    for (goal, text) in [
        (MEMBER, "It is {member_id} for {patient_name}."),
        (MEMBER, "It is {ssn}."),
        (MEMBER, "It is W 4 7."),
        (MEMBER, "One moment, please."),
        (read_back, "Is that correct?"),
        (Goal::Acknowledge, "It is {heard}."),
        (Goal::Acknowledge, "I am a real person."),
        (Goal::Acknowledge, ""),
        (Goal::Acknowledge, "and so on ".repeat(100).as_str()),
    ] {
        let server = Server::bind().await;
        let mut session = open(&server, config(), leave());
        let mut events = session.turn(request(&[goal]));
        let mut http = Http { stream: server.tcp().await };
        http.request().await;
        http.write(STREAM).await;
        http.write(&(content(text) + &stop())).await;
        // A piece that is allowed by itself is passed on before what is missing is missed; one with a wrong token never.
        let mut spoken = Vec::new();
        let error = loop {
            match event(&mut events).await {
                ModelEvent::Segment(segment) => spoken.push(segment.template.to_string()),
                ModelEvent::Failed(error) => break error,
                ModelEvent::Tool(_) | ModelEvent::Done => panic!("{text}"),
            }
        };
        assert_eq!(error, VendorError::OffGoals { vendor: VENDOR }, "{text}");
        assert!(!spoken.concat().contains('{'), "{text}");
    }
}

#[tokio::test]
async fn nobody_there_is_told() {
    let server = Server::bind().await;
    let mut session = open(&server, config(), leave());
    drop(server);
    let mut events = session.turn(request(&[Goal::Acknowledge]));
    assert_eq!(failed(&mut events).await, VendorError::Unreachable { vendor: VENDOR });
}

#[tokio::test]
async fn without_leave_not_a_byte_is_sent() {
    for (host, ended_already) in
        [("127.0.0.1", false), ("localhost", false), ("127.0.0.1", true), ("localhost", true)]
    {
        let server = Server::bind().await;
        let (egress, expected) = if ended_already {
            (ended(Role::LanguageModel, VENDOR), VendorError::PermitEnded)
        } else {
            (elsewhere(Role::LanguageModel, VENDOR), VendorError::Peer(PeerRefused))
        };
        let base = format!("http://{host}:{}/v1", server.port());
        let vendor = OpenAi::new(Endpoint::new(&base, key()).unwrap(), config()).unwrap();
        let mut session = vendor.open(egress).unwrap();
        session.warm();
        let mut events = session.turn(request(&[Goal::Acknowledge]));
        assert_eq!(failed(&mut events).await, expected, "{host}");
        assert!(server.is_quiet(), "not even a connection");
    }
}

#[tokio::test]
async fn leave_for_another_vendor_or_role_opens_nothing() {
    let endpoint = Endpoint::new("http://127.0.0.1:1", key()).unwrap();
    let vendor = OpenAi::new(endpoint, config()).unwrap();
    for (role, id) in [(Role::LanguageModel, "rules"), (Role::SpeechToText, VENDOR)] {
        let refused = vendor.open(egress(role, id).0).err();
        assert_eq!(refused, Some(VendorError::WrongPermit { vendor: VENDOR }));
    }
}
