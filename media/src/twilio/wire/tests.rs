//! The messages of the documentation, word for word, and what breaks them.

use super::*;
use proptest::prelude::*;

const STREAM: &str = "MZ00000000000000000000000000000001";

fn read(text: &str) -> Result<(FromCarrier, Vec<u8>), Malformed> {
    let mut audio = Vec::new();
    read_from_carrier(text, &Limits::default(), Some(STREAM), &mut audio)
        .map(|numbered| (numbered.message, audio))
}

fn with_stream(text: &str) -> String {
    text.replace("$S", STREAM)
}

#[test]
fn reads_the_documented_messages() {
    let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
    assert_eq!(read(connected).unwrap().0, FromCarrier::Connected);
    let start = with_stream(
        r#"{"event":"start","sequenceNumber":"1","streamSid":"$S",
 "start":{"accountSid":"AC00000000000000000000000000000001","streamSid":"$S",
  "callSid":"CA00000000000000000000000000000001","tracks":["inbound"],
  "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
  "customParameters":{"call_ref":"abc"}}}"#,
    );
    let FromCarrier::Start(start) = read(&start).unwrap().0 else {
        panic!("not a start");
    };
    assert_eq!(start.call_sid, "CA00000000000000000000000000000001");
    assert_eq!(start.parameters["call_ref"], "abc");
    assert!(!format!("{start:?}").contains("abc"), "a parameter's value is a secret");
    let media = with_stream(
        r#"{"event":"media","sequenceNumber":"3","streamSid":"$S",
 "media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"fn5+fv8="}}"#,
    );
    assert_eq!(
        read(&media).unwrap(),
        (FromCarrier::Media { timestamp_ms: 5 }, vec![0x7e, 0x7e, 0x7e, 0x7e, 0xff])
    );
    let dtmf = with_stream(
        r#"{"event":"dtmf","streamSid":"$S","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}"#,
    );
    assert_eq!(read(&dtmf).unwrap().0, FromCarrier::Digit(Key::new('1').unwrap()));
    let mark = with_stream(
        r#"{"event":"mark","sequenceNumber":"4","streamSid":"$S","mark":{"name":"utt-7"}}"#,
    );
    assert_eq!(read(&mark).unwrap().0, FromCarrier::Mark("utt-7".to_owned()));
    let stop = with_stream(
        r#"{"event":"stop","sequenceNumber":"9","streamSid":"$S","stop":{"accountSid":"AC01","callSid":"CA01"}}"#,
    );
    assert_eq!(read(&stop).unwrap().0, FromCarrier::Stop);
    assert_eq!(read(r#"{"event":"weather"}"#).unwrap().0, FromCarrier::Unknown);
}

#[test]
fn says_what_is_wrong() {
    let cases = [
        (
            r#"{"event":"media","media":{"timestamp":"5","payload":""}}"#,
            Malformed::Missing(Part::StreamSid),
        ),
        (
            r#"{"event":"media","streamSid":"MZ2","media":{"timestamp":"5","payload":""}}"#,
            Malformed::OtherStream,
        ),
        (r#"{"event":"media","streamSid":"$S"}"#, Malformed::Missing(Part::Media)),
        (
            r#"{"event":"media","streamSid":"$S","media":{"payload":""}}"#,
            Malformed::Missing(Part::Timestamp),
        ),
        (
            r#"{"event":"media","streamSid":"$S","media":{"timestamp":"-5","payload":""}}"#,
            Malformed::Invalid(Part::Timestamp),
        ),
        (
            r#"{"event":"media","streamSid":"$S","media":{"track":"outbound","timestamp":"5","payload":""}}"#,
            Malformed::Invalid(Part::Track),
        ),
        (
            r#"{"event":"media","streamSid":"$S","media":{"timestamp":"5","payload":"%%%"}}"#,
            Malformed::Invalid(Part::Payload),
        ),
        (
            r#"{"event":"media","sequenceNumber":"three","streamSid":"$S","media":{"timestamp":"5","payload":""}}"#,
            Malformed::Invalid(Part::SequenceNumber),
        ),
        (
            r#"{"event":"dtmf","streamSid":"$S","dtmf":{"track":"inbound_track","digit":"12"}}"#,
            Malformed::Invalid(Part::Dtmf),
        ),
        (r#"{"event":"mark","streamSid":"$S"}"#, Malformed::Missing(Part::Mark)),
        (r#"{"event":"start","streamSid":"$S"}"#, Malformed::Missing(Part::Start)),
    ];
    for (text, expected) in cases {
        assert_eq!(read(&with_stream(text)), Err(expected), "{text}");
    }
    assert!(matches!(read("[]"), Err(Malformed::Json { .. })));
    assert!(matches!(read(r#"{"event":7}"#), Err(Malformed::Json { .. })));
}

#[test]
fn what_is_too_long_is_not_decoded() {
    let limits = Limits { payload_bytes_max: 160, mark_bytes_max: 8, ..Limits::default() };
    let mut audio = vec![1];
    let media = carrier_says::media(STREAM, 2, 1, 0, &[0; 170]);
    assert_eq!(
        read_from_carrier(&media, &limits, Some(STREAM), &mut audio),
        Err(Malformed::TooLong(Part::Payload))
    );
    assert_eq!(audio, [1], "the buffer is left as it was");
    let mark = carrier_says::mark(STREAM, 2, "123456789");
    assert_eq!(
        read_from_carrier(&mark, &limits, Some(STREAM), &mut audio),
        Err(Malformed::TooLong(Part::Mark))
    );
}

#[test]
fn another_encoding_is_refused() {
    let start = Start {
        stream_sid: STREAM.to_owned(),
        account_sid: "AC1".to_owned(),
        call_sid: "CA1".to_owned(),
        parameters: BTreeMap::new(),
    };
    let text = carrier_says::start(&start, 1).replace("8000", "16000");
    assert_eq!(read(&text), Err(Malformed::Invalid(Part::MediaFormat)));
}

#[test]
fn writes_the_documented_server_messages() {
    assert_eq!(
        server_says::media("MZ1", &[0x7e, 0xff]),
        r#"{"event":"media","streamSid":"MZ1","media":{"payload":"fv8="}}"#
    );
    assert_eq!(
        server_says::mark("MZ1", "utt-7"),
        r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"utt-7"}}"#
    );
    assert_eq!(server_says::clear("MZ1"), r#"{"event":"clear","streamSid":"MZ1"}"#);
}

#[test]
fn the_carrier_is_as_strict_as_twilio() {
    let mut audio = Vec::new();
    let mut read = |text: &str| read_from_server(text, &Limits::default(), "MZ1", &mut audio);
    assert_eq!(read(&server_says::clear("MZ1")), Ok(FromServer::Clear));
    assert_eq!(read(&server_says::clear("MZ2")), Err(Malformed::OtherStream));
    assert_eq!(read(r#"{"event":"hangup","streamSid":"MZ1"}"#), Err(Malformed::UnknownEvent));
    assert_eq!(read(r#"{"event":"clear"}"#), Err(Malformed::Missing(Part::StreamSid)));
}

proptest! {
    /// What a simulated carrier writes is what a server reads, and the other way round.
    #[test]
    fn both_ends_agree(bytes in prop::collection::vec(any::<u8>(), 0..2_000), name in "[ -~]{0,100}", ms in any::<u64>()) {
        let (message, audio) = read(&carrier_says::media(STREAM, 7, 5, ms, &bytes)).unwrap();
        prop_assert_eq!(message, FromCarrier::Media { timestamp_ms: ms });
        prop_assert_eq!(&audio, &bytes);
        let (message, _) = read(&carrier_says::mark(STREAM, 7, &name)).unwrap();
        prop_assert_eq!(message, FromCarrier::Mark(name.clone()));
        let mut audio = Vec::new();
        let limits = Limits::default();
        let message = read_from_server(&server_says::media(STREAM, &bytes), &limits, STREAM, &mut audio);
        prop_assert_eq!(message, Ok(FromServer::Media));
        prop_assert_eq!(&audio, &bytes);
        let message = read_from_server(&server_says::mark(STREAM, &name), &limits, STREAM, &mut audio);
        prop_assert_eq!(message, Ok(FromServer::Mark(name)));
    }

    /// Whatever a peer sends, reading it returns, and nothing but good audio reaches the buffer.
    #[test]
    fn nothing_panics(text in r#"(\{"event":"(media|mark|dtmf|start|stop)","streamSid":"MZ[0-9]","[a-z]{4,5}":.{0,40}\}?)|.{0,80}"#) {
        let mut audio = vec![1, 2];
        let result = read_from_carrier(&text, &Limits::default(), Some("MZ1"), &mut audio);
        let media = matches!(result, Ok(Numbered { message: FromCarrier::Media { .. }, .. }));
        prop_assert!(media || audio == [1, 2], "only good audio changes the buffer");
    }
}
