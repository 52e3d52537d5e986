"""The embedded GitHub: a real HTTP server on loopback. It shares no code with envsync's client."""

from envsync.sandbox.exchange import Exchange, Options
from envsync.sandbox.faults import Fault
from envsync.sandbox.secondary import SecondaryLimits
from envsync.sandbox.server import Sandbox
from envsync.sandbox.state import FULL_TOKEN, READER_TOKEN, RECORD_KEY, WORKFLOW_TOKEN, Plan, State
from envsync.sandbox.storage import reset
from envsync.sandbox.traffic import Limit, Traffic

__all__ = [
    "FULL_TOKEN",
    "READER_TOKEN",
    "RECORD_KEY",
    "WORKFLOW_TOKEN",
    "Exchange",
    "Fault",
    "Limit",
    "Options",
    "Plan",
    "Sandbox",
    "SecondaryLimits",
    "State",
    "Traffic",
    "reset",
]
