"""elevenlabs against the simulated text to speech."""

import json

from checks import HTTP, KEY, WS, equal, refuses, run, strictly
from elevenlabs import ElevenLabs, VoiceSettings
from elevenlabs.core.api_error import ApiError
from elevenlabs.types import (
    AudioOutput,
    AudioOutputMulti,
    CloseContext,
    CloseSocket,
    FinalOutputMulti,
    FlushContext,
    InitialiseContext,
    InitializeConnectionMulti,
    KeepContextAlive,
    SendTextMulti,
)
from websockets.sync.client import connect

VOICE = {"voice_id": "agent", "model_id": "eleven_flash_v2_5", "output_format": "ulaw_8000"}
TEXT = ["Thank you. ", "What is the individual ", "deductible, and how much has been met?"]


def client(key=KEY):
    sdk = ElevenLabs(api_key=key, base_url=HTTP)
    # The SDK takes wss for this one whatever the base URL says.
    sdk.text_to_speech._ws_base_url = WS
    return sdk


def words_are_spoken_as_they_come():
    """convert_realtime gives the audio of all the words, and ends"""
    settings = VoiceSettings(stability=0.5, similarity_boost=0.8, speed=1.0)
    pieces = list(
        client().text_to_speech.convert_realtime(text=iter(TEXT), voice_settings=settings, **VOICE)
    )
    seconds = sum(map(len, pieces)) / 8000
    assert seconds > 1.0, seconds
    return f"{len(pieces)} pieces, {seconds:.1f} s of speech"


def a_text_is_streamed():
    """stream gives the audio of a text, in each of the three forms"""
    sizes = {}
    for form in ("ulaw_8000", "pcm_8000", "pcm_16000"):
        options = {**VOICE, "output_format": form}
        audio = client().text_to_speech.stream(text="".join(TEXT), enable_logging=False, **options)
        sizes[form] = len(b"".join(audio))
    equal(sizes["pcm_8000"], 2 * sizes["ulaw_8000"])
    assert abs(sizes["pcm_16000"] - 4 * sizes["ulaw_8000"]) <= 4, sizes
    whole = b"".join(client().text_to_speech.convert(text="".join(TEXT), **VOICE))
    equal(len(whole), sizes["ulaw_8000"])
    return f"{sizes['ulaw_8000'] / 8000:.1f} s of speech"


def errors_are_the_sdks_own():
    """a wrong key and a form that is not made raise ApiError with the vendor's detail"""

    def stream(key, **options):
        return list(client(key).text_to_speech.stream(text="Hello.", **{**VOICE, **options}))

    refuses(ApiError, lambda: stream("wrong"), status_code=401)
    try:
        stream(KEY, output_format="mp3_44100_128")
        raise AssertionError("MP3 was made")
    except ApiError as error:
        equal(error.status_code, 400)
        equal(error.body["detail"]["status"], "unsupported_output_format")


def several_contexts_on_one_socket():
    """messages made of the SDK's models drive two contexts, and the answers pass its models without leniency"""
    url = f"{WS}/v1/text-to-speech/agent/multi-stream-input"
    query = "model_id=eleven_flash_v2_5&output_format=ulaw_8000&sync_alignment=true&enable_logging=false"
    send = [
        InitializeConnectionMulti(text=" ", context_id="one"),
        InitialiseContext(text=" ", context_id="two"),
        SendTextMulti(text="Thank you. ", context_id="one"),
        SendTextMulti(text="What type of plan is it? ", context_id="two", flush=True),
        FlushContext(context_id="one", flush=True),
        KeepContextAlive(text="", context_id="one"),
        CloseContext(context_id="one", close_context=True),
        CloseContext(context_id="two", close_context=True),
        CloseSocket(close_socket=True),
    ]
    texts, ended = {}, []
    with connect(f"{url}?{query}", additional_headers={"xi-api-key": KEY}) as socket:
        for message in send:
            socket.send(json.dumps(message.model_dump(by_alias=True, exclude_none=True)))
        for text in socket:
            message = json.loads(text)
            if message.get("isFinal"):
                ended.append(strictly(FinalOutputMulti, message).context_id)
            else:
                output = strictly(AudioOutputMulti, message)
                said = "".join(output.alignment.chars)
                texts[output.context_id] = texts.get(output.context_id, "") + said
    equal(ended, ["one", "two"])
    equal({name: text.strip() for name, text in texts.items()}, {"one": "Thank you.", "two": "What type of plan is it?"})


def one_stream_is_whole():
    """each message of one text passes the SDK's model without leniency"""
    url = f"{WS}/v1/text-to-speech/agent/stream-input?output_format=ulaw_8000&sync_alignment=true"
    count = 0
    with connect(url) as socket:
        for message in ({"text": " ", "xi_api_key": KEY}, {"text": "".join(TEXT)}, {"text": ""}):
            socket.send(json.dumps(message))
        for text in socket:
            message = json.loads(text)
            if message["audio"] is not None:
                strictly(AudioOutput, message)
                count += 1
    assert count > 3, count
    return f"{count} pieces"


run(
    words_are_spoken_as_they_come,
    a_text_is_streamed,
    errors_are_the_sdks_own,
    several_contexts_on_one_socket,
    one_stream_is_whole,
)
