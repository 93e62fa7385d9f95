//! Both ends of a stream against each other, over a real socket on the loopback interface.

use super::*;
use crate::playout::Transmit;
use crate::tone::dtmf::Key;
use bytes::Bytes;
use futures_util::SinkExt;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type ServerSocket = WebSocketStream<TcpStream>;
type ClientSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PATIENT: Duration = Duration::from_secs(20);

async fn sockets() -> (ServerSocket, ClientSocket) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/media", listener.local_addr().unwrap());
    let accept = async {
        let (tcp, _) = listener.accept().await.unwrap();
        let config = Some(Limits::default().websocket());
        tokio_tungstenite::accept_async_with_config(tcp, config).await.unwrap()
    };
    let (server, client) = tokio::join!(accept, tokio_tungstenite::connect_async(url));
    (server, client.unwrap().0)
}

fn start() -> Start {
    Start {
        stream_sid: "MZ1".to_owned(),
        account_sid: "AC1".to_owned(),
        call_sid: "CA1".to_owned(),
        parameters: BTreeMap::from([("token".to_owned(), "one-time".to_owned())]),
    }
}

async fn pair() -> (Stream<TcpStream>, CarrierStream<MaybeTlsStream<TcpStream>>) {
    let (server, client) = sockets().await;
    let limits = Limits::default();
    let (server, client) = tokio::join!(
        Stream::open(server, limits, PATIENT),
        CarrierStream::open(client, limits, start())
    );
    (server.unwrap(), client.unwrap())
}

#[tokio::test]
async fn a_whole_stream_both_ways() {
    let (mut server, mut carrier) = pair().await;
    assert_eq!(server.start(), &start());
    carrier.media(0, &[7; 160]).await.unwrap();
    carrier.media(20, &[8; 333]).await.unwrap();
    carrier.dtmf(Key::new('5').unwrap()).await.unwrap();
    carrier.raw(r#"{"event":"news"}"#.to_owned()).await.unwrap();
    let mut audio = Vec::new();
    assert_eq!(server.recv(&mut audio).await.unwrap(), StreamEvent::Media { timestamp_ms: 0 });
    assert_eq!(server.recv(&mut audio).await.unwrap(), StreamEvent::Media { timestamp_ms: 20 });
    assert_eq!(audio, [vec![7; 160], vec![8; 333]].concat());
    let key = Key::new('5').unwrap();
    assert_eq!(server.recv(&mut audio).await.unwrap(), StreamEvent::Digit(key));

    let sent = [
        Transmit::Media(Bytes::from_static(&[9; 1_600])),
        Transmit::Mark("e0-1".to_owned()),
        Transmit::Clear,
    ];
    for transmit in &sent {
        server.send(transmit).await.unwrap();
    }
    server.flush().await.unwrap();
    let mut near = Vec::new();
    assert_eq!(carrier.recv(&mut near).await.unwrap(), CarrierEvent::Media);
    assert_eq!(near, [9; 1_600]);
    let mark = CarrierEvent::Mark("e0-1".to_owned());
    assert_eq!(carrier.recv(&mut near).await.unwrap(), mark);
    assert_eq!(carrier.recv(&mut near).await.unwrap(), CarrierEvent::Clear);

    carrier.mark("e0-1").await.unwrap();
    let (stopped, _) = tokio::join!(carrier.stop(), async {
        let mark = StreamEvent::Mark("e0-1".to_owned());
        assert_eq!(server.recv(&mut audio).await.unwrap(), mark);
        let event = server.recv(&mut audio).await.unwrap();
        assert_eq!(event, StreamEvent::Ended(End::Stop));
    });
    stopped.unwrap();
    let counts = server.counts();
    assert_eq!((counts.unknown_events, counts.sequence_gaps), (1, 0));
}

#[tokio::test]
async fn the_end_without_stop_is_an_end() {
    let (mut server, carrier) = pair().await;
    drop(carrier);
    let mut audio = Vec::new();
    let event = server.recv(&mut audio).await.unwrap();
    assert_eq!(event, StreamEvent::Ended(End::Lost));
    let event = server.recv(&mut audio).await.unwrap();
    assert!(matches!(event, StreamEvent::Ended(_)));
}

#[tokio::test]
async fn the_server_closes_in_good_order() {
    let (server, mut carrier) = pair().await;
    let mut near = Vec::new();
    let (_, event) = tokio::join!(server.close(), carrier.recv(&mut near));
    assert_eq!(event.unwrap(), CarrierEvent::Ended(End::Closed));
}

/// The close code the peer sees after sending `message` on an open stream, and the server's error.
async fn broken_by(message: Message) -> (StreamError, u16) {
    use futures_util::StreamExt;
    let (server, mut client) = sockets().await;
    for text in [wire::carrier_says::connected(), wire::carrier_says::start(&start(), 1)] {
        client.send(Message::text(text)).await.unwrap();
    }
    let mut server = Stream::open(server, Limits::default(), PATIENT).await.unwrap();
    client.send(message).await.unwrap();
    let mut audio = Vec::new();
    let (error, close) = tokio::join!(server.recv(&mut audio), client.next());
    let Some(Ok(Message::Close(Some(frame)))) = close else {
        panic!("no close frame: {close:?}");
    };
    (error.unwrap_err(), u16::from(frame.code))
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_with_its_code() {
    let (error, code) = broken_by(Message::binary(vec![1, 2, 3])).await;
    assert!(matches!(error, StreamError::Malformed(Malformed::Binary)));
    assert_eq!(code, 1003);
    let (error, code) = broken_by(Message::text("{nonsense")).await;
    assert!(matches!(error, StreamError::Malformed(Malformed::Json { .. })));
    assert_eq!(code, 1007);
    let (error, code) = broken_by(Message::text("x".repeat(40_000))).await;
    assert!(matches!(error, StreamError::TooLarge { limit: 32_768 }), "{error}");
    assert_eq!(code, 1009);
    let other = wire::carrier_says::media("MZ2", 2, 1, 0, &[0; 160]);
    let (error, code) = broken_by(Message::text(other)).await;
    assert!(matches!(error, StreamError::Malformed(Malformed::OtherStream)));
    assert_eq!(code, 1008);
}

#[tokio::test]
async fn the_order_of_the_first_messages_is_kept() {
    let connected = wire::carrier_says::connected();
    let begun = wire::carrier_says::start(&start(), 1);
    let media = wire::carrier_says::media("MZ1", 1, 1, 0, &[0; 160]);
    let cases = [
        (vec![begun.clone()], "start", "connected"),
        (vec![connected.clone(), connected.clone()], "connected", "start"),
        (vec![connected, media], "media", "start"),
    ];
    for (texts, got, wanted) in cases {
        let (server, mut client) = sockets().await;
        for text in texts {
            client.send(Message::text(text)).await.unwrap();
        }
        let opened = Stream::open(server, Limits::default(), PATIENT);
        let (opened, _) = tokio::join!(opened, drain(&mut client));
        let Err(StreamError::Malformed(error)) = opened else {
            panic!("opened after {got}");
        };
        assert_eq!(error, Malformed::OutOfOrder { got, wanted });
    }
}

async fn drain(client: &mut ClientSocket) {
    use futures_util::StreamExt;
    while let Some(Ok(_)) = client.next().await {}
}

#[tokio::test]
async fn a_carrier_that_says_nothing_is_not_waited_for() {
    let (server, mut client) = sockets().await;
    let within = Duration::from_millis(1);
    let opened = Stream::open(server, Limits::default(), within);
    let (opened, _) = tokio::join!(opened, drain(&mut client));
    assert!(matches!(opened, Err(StreamError::StartTimeout(limit)) if limit == within));
}
