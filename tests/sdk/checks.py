"""What the checks of the SDKs share: where the simulators are, one line for each check, and the recordings with their words.

Each file checks one vendor's official SDK against our simulator of it. A check is a function; it passes by returning, and what it
returns is a figure worth printing. Nothing here talks to the outside.
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path

WORLD = json.loads(os.environ["SIMULATORS"])
HTTP, WS, KEY = WORLD["vendors_http"], WORLD["vendors_ws"], WORLD["vendors_key"]

AUDIO = Path(__file__).resolve().parents[2] / "fixtures" / "audio"
GREETING = "thank you for holding my name is jessica how can i help you today"
QUEUE = "all representatives are busy please continue to hold your call is important to us"


def recording(name):
    """Mu-law at 8 kHz, in frames of 20 ms."""
    audio = (AUDIO / f"{name}.ulaw").read_bytes()
    return [audio[at : at + 160] for at in range(0, len(audio), 160)]


def strictly(model, message):
    """Reads a message with a model of the SDK as pydantic does by itself: a missing field or a wrong type is an error.

    The SDKs read leniently: what is missing becomes None. That would prove little.
    """
    return model.model_validate(message, strict=False)


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"found {found!r}, wanted {wanted!r}")


def refuses(error, act, **wanted):
    """Whether the SDK raises that error, with those attributes."""
    try:
        act()
    except error as raised:
        for name, value in wanted.items():
            equal(getattr(raised, name), value)
        return
    raise AssertionError(f"no {error.__name__} was raised")


def run(*checks):
    """Runs the checks; one line each; exits with the number of those that failed."""
    failed = 0
    for check in checks:
        began = time.monotonic()
        name = f"{Path(sys.argv[0]).stem}: {check.__doc__}"
        try:
            figure = check()
            took = time.monotonic() - began
            print(f"ok    {name} ({figure + ', ' if figure else ''}{took:.2f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL  {name}\n{traceback.format_exc()}", flush=True)
    sys.exit(failed)
