"""Interprets a plan through a small Protocol, in the order that the plan has decided."""

from envsync.apply.interpreter import Interpreter
from envsync.apply.keeper import Signing
from envsync.apply.target import Target

__all__ = ["Interpreter", "Signing", "Target"]
