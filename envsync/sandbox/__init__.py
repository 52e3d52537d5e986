"""The embedded GitHub: a real HTTP server on loopback. It shares no code with envsync's client."""

from envsync.sandbox.exchange import Exchange, Options
from envsync.sandbox.faults import Fault
from envsync.sandbox.server import Sandbox
from envsync.sandbox.state import FULL_TOKEN, READER_TOKEN, RECORD_KEY, WORKFLOW_TOKEN, Plan, State
from envsync.sandbox.storage import reset

__all__ = [
    "FULL_TOKEN",
    "READER_TOKEN",
    "RECORD_KEY",
    "WORKFLOW_TOKEN",
    "Exchange",
    "Fault",
    "Options",
    "Plan",
    "Sandbox",
    "State",
    "reset",
]
