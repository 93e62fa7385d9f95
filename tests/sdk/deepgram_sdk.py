"""deepgram-sdk against the simulated `/v1/listen`."""

import json
import threading
import time

from checks import GREETING, KEY, QUEUE, WS, equal, recording, refuses, run, strictly
from deepgram import DeepgramClient
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types import (
    ListenV1Configure,
    ListenV1ConfigureSuccess,
    ListenV1Metadata,
    ListenV1Results,
    ListenV1SpeechStarted,
    ListenV1UtteranceEnd,
)
from pydantic import ValidationError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

HERE = DeepgramClientEnvironment(base=WS, production=WS, agent=WS, agent_rest=WS)
PHONE = {"model": "nova-3", "encoding": "mulaw", "sample_rate": 8000, "mip_opt_out": True}
SILENCE = [b"\xff" * 160] * 75


def client(key=KEY):
    return DeepgramClient(api_key=key, environment=HERE)


def words(messages):
    finals = [m for m in messages if m.type == "Results" and m.is_final]
    return " ".join(m.channel.alternatives[0].transcript for m in finals).split()


def listened(frames, **options):
    """Everything that comes for these frames, in order, by the SDK's own event loop."""
    messages = []
    with client().listen.v1.connect(**PHONE, **options) as connection:
        connection.on(EventType.MESSAGE, messages.append)
        connection.on(EventType.ERROR, messages.append)
        reader = threading.Thread(target=connection.start_listening)
        reader.start()
        for frame in frames:
            connection.send_media(frame)
        connection.send_close_stream()
        reader.join(timeout=30)
    return messages


def a_recording_is_heard():
    """a recording streamed by the SDK comes back as its words"""
    messages = listened(recording("greet") + SILENCE, interim_results=True, endpointing=300)
    equal(words(messages), GREETING.split())
    equal(messages[-1].type, "Metadata")
    interim = [m for m in messages if m.type == "Results" and not m.is_final]
    assert interim, "there were no interim results"
    return f"{len(messages)} messages"


def finalize_flushes():
    """send_finalize is answered with from_finalize, send_keep_alive with nothing"""
    with client().listen.v1.connect(**PHONE, endpointing=False) as connection:
        for frame in recording("queue"):
            connection.send_media(frame)
        connection.send_keep_alive()
        began = time.monotonic()
        connection.send_finalize()
        results = [connection.recv()]
        while not results[-1].from_finalize:
            results.append(connection.recv())
        took = time.monotonic() - began
    assert all(result.type == "Results" and result.is_final for result in results), results
    equal(words(results), QUEUE.split())
    return f"answer after {took * 1000:.0f} ms"


def key_terms_are_configured():
    """send_configure is answered with the new key terms"""
    with client().listen.v1.connect(**PHONE, keyterm=["Delta Dental", "PPO"]) as connection:
        connection.send_configure(ListenV1Configure(type="Configure", keyterms=["CDT D2740"]))
        answer = connection.recv()
    equal(strictly(ListenV1ConfigureSuccess, answer.dict()).keyterms, ["CDT D2740"])


def a_wrong_key_is_refused():
    """a wrong key and a wrong query fail the handshake with the vendor's status and headers"""

    def refused(key, **options):
        # The SDK lets the exception of `websockets` through: it waits for the one of an older version.
        try:
            with client(key).listen.v1.connect(**{**PHONE, **options}):
                raise AssertionError("the handshake succeeded")
        except InvalidStatus as error:
            body = json.loads(error.response.body)
            equal(error.response.headers["dg-request-id"], body["request_id"])
            equal(error.response.headers["dg-error"], body["err_msg"])
            return error.response.status_code, body["err_code"]

    equal(refused("wrong"), (401, "INVALID_AUTH"))
    equal(refused(KEY, encoding="linear16"), (400, "INVALID_QUERY_PARAMETER"))


def messages_are_whole():
    """each kind of message passes the SDK's own models without leniency"""
    models = {
        "Results": ListenV1Results,
        "Metadata": ListenV1Metadata,
        "SpeechStarted": ListenV1SpeechStarted,
        "UtteranceEnd": ListenV1UtteranceEnd,
    }
    query = "encoding=mulaw&sample_rate=8000&model=nova-3&interim_results=true&endpointing=300"
    url = f"{WS}/v1/listen?{query}&utterance_end_ms=1000&vad_events=true&smart_format=true"
    seen = {}
    with connect(url, additional_headers={"Authorization": f"Token {KEY}"}) as socket:
        for frame in recording("greet") + SILENCE:
            socket.send(frame)
        socket.send(json.dumps({"type": "CloseStream"}))
        for text in socket:
            message = json.loads(text)
            strictly(models[message["type"]], message)
            seen[message["type"]] = seen.get(message["type"], 0) + 1
    equal(set(seen), set(models))
    # The models are as strict as this check says.
    refuses(ValidationError, lambda: strictly(ListenV1Results, {"type": "Results"}))
    return ", ".join(f"{count} {kind}" for kind, count in sorted(seen.items()))


def the_key_may_be_a_protocol():
    """a browser's key, as a subprotocol, is echoed as the standard wants"""
    url = f"{WS}/v1/listen?encoding=mulaw&sample_rate=8000"
    with connect(url, subprotocols=["token", KEY]) as socket:
        equal(socket.subprotocol, "token")


run(
    a_recording_is_heard,
    finalize_flushes,
    key_terms_are_configured,
    a_wrong_key_is_refused,
    messages_are_whole,
    the_key_may_be_a_protocol,
)
