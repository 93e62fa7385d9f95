"""twilio against the simulated carrier: REST, signatures, and TwiML that the SDK builds."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from checks import WORLD, equal, refuses, run
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Connect, VoiceResponse
from websockets.sync.server import serve

ACCOUNT, TOKEN, BASE = WORLD["carrier_account"], WORLD["carrier_token"], WORLD["carrier_http"]
NUMBERS = {"to": "+18002000140", "from_": "+16142000134"}
TIMEOUT = 20


class Here(TwilioHttpClient):
    """The SDK's own HTTP client, sent to the simulator."""

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", BASE), *args, **kwargs)


def client(token=TOKEN):
    return Client(ACCOUNT, token, http_client=Here())


class Application:
    """Answers the carrier's webhooks with TwiML, and keeps each with whether the SDK finds its signature valid."""

    def __init__(self, twiml=""):
        self.requests = queue.Queue()
        application, validator = self, RequestValidator(TOKEN)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                signature = self.headers["X-Twilio-Signature"]
                url = application.url + self.path
                forged = validator.validate(url, {**form, "To": "+15550001111"}, signature)
                form["valid"] = validator.validate(url, form, signature)
                form.update(forged=forged, path=self.path)
                answer = str(twiml).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                application.requests.put(form)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.requests.get(timeout=TIMEOUT)

    def until(self, status):
        """The requests up to the one with that call status."""
        seen = [self.next()]
        while seen[-1].get("CallStatus") != status:
            seen.append(self.next())
        return seen


def place(application, **options):
    events = ["initiated", "ringing", "answered", "completed"]
    callback = {"status_callback": f"{application.url}/status?call=1", "status_callback_event": events}
    return client().calls.create(**NUMBERS, **callback, **options)


def a_call_is_placed_and_signed():
    """a call is created, its TwiML fetched and its statuses told, each under a signature that RequestValidator accepts"""
    twiml = VoiceResponse()
    twiml.pause(length=1)
    twiml.hangup()
    application = Application(twiml)
    call = place(application, url=f"{application.url}/twiml?intent=7")
    equal((call.account_sid, call.to, call.direction), (ACCOUNT, NUMBERS["to"], "outbound-api"))
    assert call.sid.startswith("CA") and call.date_created is not None
    seen = application.until("completed")
    assert all(form["valid"] for form in seen), seen
    assert not any(form["forged"] for form in seen), "a forged form passed"
    statuses = sorted(form["CallStatus"] for form in seen if form["path"].startswith("/status"))
    equal(statuses, ["completed", "in-progress", "initiated", "ringing"])
    fetched = client().calls(call.sid).fetch()
    equal((fetched.status, fetched.duration is not None), ("completed", True))
    return f"{len(seen)} signed requests"


def twiml_of_the_sdk_opens_a_stream():
    """TwiML built by the SDK opens a media stream with its parameters, under a valid signature"""
    messages, signed = queue.Queue(), []

    def stream(socket):
        request = socket.request
        signed.append((request.path, request.headers["X-Twilio-Signature"]))
        for text in socket:
            messages.put(json.loads(text))

    with serve(stream, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/media"
        twiml, connect = VoiceResponse(), Connect()
        connect.stream(url=url, name="s1").parameter(name="token", value="abc")
        twiml.append(connect)
        application = Application(twiml)
        call = place(application, url=f"{application.url}/twiml")
        equal(messages.get(timeout=TIMEOUT), {"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = messages.get(timeout=TIMEOUT)
        equal(start["start"]["customParameters"], {"token": "abc"})
        equal(start["start"]["callSid"], call.sid)
        for number in range(1, 26):
            equal(messages.get(timeout=TIMEOUT)["media"]["chunk"], str(number))
        equal(client().calls(call.sid).fetch().status, "in-progress")
        client().calls(call.sid).update(status="completed")
        last = messages.get(timeout=TIMEOUT)
        while last["event"] == "media":
            last = messages.get(timeout=TIMEOUT)
        equal(last["event"], "stop")
        application.until("completed")
        server.shutdown()
    [(path, signature)] = signed
    equal(path, "/media")
    assert RequestValidator(TOKEN).validate(url, {}, signature), "the stream's signature is not valid"


def a_call_is_redirected():
    """a running call is redirected to other TwiML, and a finished one cannot be"""
    waiting = VoiceResponse()
    waiting.pause(length=60)
    application = Application(waiting)
    call = place(application, url=f"{application.url}/twiml")
    application.until("in-progress")
    ending = VoiceResponse()
    ending.hangup()
    client().calls(call.sid).update(twiml=str(ending))
    application.until("completed")
    over = lambda: client().calls(call.sid).update(status="completed")
    refuses(TwilioRestException, over, status=404, code=20404)


def calls_are_listed():
    """calls are listed with filters, and removed"""
    found = client().calls.list(to=NUMBERS["to"], status="completed", limit=50)
    assert found, "there is no call"
    assert client().calls(found[0].sid).delete()
    refuses(TwilioRestException, lambda: client().calls(found[0].sid).fetch(), status=404)
    return f"{len(found)} calls"


def errors_are_the_sdks_own():
    """a wrong token and a wrong number raise TwilioRestException with Twilio's code"""
    wrong = lambda: client("wrong").calls.create(url=BASE, **NUMBERS)
    refuses(TwilioRestException, wrong, status=401, code=20003)
    bad = {**NUMBERS, "to": "12"}
    refuses(TwilioRestException, lambda: client().calls.create(url=BASE, **bad), status=400, code=21211)


run(
    a_call_is_placed_and_signed,
    twiml_of_the_sdk_opens_a_stream,
    a_call_is_redirected,
    calls_are_listed,
    errors_are_the_sdks_own,
)
