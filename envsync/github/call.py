"""What is asked of GitHub, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlencode

from envsync.errors import Diagnostic, FailureKind, RequestFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.github.server import Target

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_OK, _NO_CONTENT = 200, 204


def path(*segments: str | int) -> str:
    """A path under the API's address, each segment percent-encoded whole: `/` in a name is `%2F`.

    HTTP libraries take `.` and `..` for steps in the path even when encoded: to delete the environment `..` would
    be to delete the repository. Such a name cannot be addressed, nor can an empty one.
    """
    texts = [str(segment) for segment in segments]
    for text in texts:
        if text in {"", ".", ".."} or not _encodable(text):
            raise RequestFailed(
                FailureKind.REJECTED,
                Diagnostic(
                    "unaddressable-name",
                    f"{text!a} cannot be addressed in GitHub's REST API",
                    hint="give it another name, or change it in the browser",
                ),
            )
    return "".join(f"/{quote(text, safe='')}" for text in texts)


def cannot(purpose: str) -> str:
    """The start of a message. Names of environments are in it, and whoever can push a workflow chooses those."""
    return f"cannot {printable(purpose)}"


def printable(text: str) -> str:
    """With control characters, of terminals or of writing direction, spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `purpose` completes "cannot ..."; `hidden` are texts that no message may repeat.

    `harmless`: a `POST` that does no harm when it is done twice.
    `creates`: whether it makes something new; None: as the method has it.
    """

    method: Method
    target: Target
    purpose: str
    body: Json = field(default=None, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    harmless: bool = False
    creates: bool | None = None

    @property
    def url(self) -> str:
        query = urlencode(self.target.query)
        return f"{self.target.path}?{query}" if query else self.target.path

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice is doing it once. All of envsync's `PATCH`es say what a thing shall be."""
        return self.method != "POST" or self.harmless

    @property
    def is_creation(self) -> bool:
        """Whether GitHub may count it as content: nothing tells a `PUT` that makes from one that changes."""
        if self.creates is not None:
            return self.creates
        return self.method == "PUT" or not self.repeatable


@dataclass(frozen=True, slots=True)
class Answer:
    """`whole`: the body is what its status calls for, JSON or nothing. `data` is None where it is not."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    data: Json = field(default=None, repr=False)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came, or not all of it. `reason` is a clause in words."""

    reason: str
    sent: bool = True  # GitHub may have got the request, and done it
    lasting: bool = False  # trying again will not help
    advice: str = ""  # what to do, where it is not to look at the connection


Outcome: TypeAlias = Answer | Lost


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its last outcome. `doubtful`: an earlier attempt had no answer and may have been done."""

    call: Call
    outcome: Outcome
    doubtful: bool = False


def parse_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    if not body.strip():
        return Answer(status, headers, whole=status != _OK)
    try:
        return Answer(status, headers, json.loads(body.decode("utf-8")), whole=True)
    except (ValueError, RecursionError):
        return Answer(status, headers, whole=status == _NO_CONTENT)
