"""Writing to GitHub: every verb with the care that its repetition needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.errors import Diagnostic, FailureKind, Interrupted, RequestFailed
from envsync.github.bearer import Place
from envsync.github.call import Answer, Call, cannot
from envsync.github.connection import Connection, marking
from envsync.github.reader import reader_of
from envsync.github.server import Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from envsync.github.call import Exchange, Json
    from envsync.github.connection import Access, Received
    from envsync.github.crew import Crew
    from envsync.model import RepositoryName
    from envsync.plan.work import Work

_NOT_FOUND = 404
_ANYWHERE = re.compile(".*", re.DOTALL)
_ISSUES = re.compile(r"/repos(/(?!\.{1,2}/)[^/]+){2}/issues(/(comments|[0-9]+))*", re.ASCII)


def writer_of(crew: Crew) -> Writer:
    """For the calling thread, which does its reads too: so they have their turn. The crew closes what it uses."""
    return Writer(crew.connection())


def open_writer(access: Access) -> Writer:
    """For one thread, and to be closed by whoever opened it."""
    return Writer(Connection(access), _ANYWHERE)


def open_reporter(access: Access) -> Writer:
    """As `open_writer`, for a command that only reads: it writes issues and comments, whatever its token may."""
    return Writer(Connection(access), _ISSUES)


class Writer:
    """Reads and writes through one connection. Failures are raised as `RequestFailed`."""

    def __init__(self, connection: Connection, where: re.Pattern[str] = _ANYWHERE) -> None:
        self._connection = connection
        self._where = where  # the paths that it writes to
        self.reader = reader_of(connection)

    def close(self) -> None:
        self._connection.close()

    def turn(self, repository: RepositoryName, work: Work, purpose: str) -> AbstractContextManager[None]:
        """As `Connection.turn`."""
        return self._connection.turn(Place(repository.owner, repository.name), work, purpose)

    def server_time(self) -> int:
        """Seconds since 1970, as the last answer to a read or a write told them."""
        return self._connection.server_time()

    def put(
        self, path: str, body: Json, purpose: str, *, hidden: tuple[str, ...] = (), creates: bool = True
    ) -> Received:
        """`creates`: whether it may make something that was not there."""
        call = Call("PUT", Target(path), purpose, body, hidden, creates=creates)
        return self._connection.received(self._exchange(call))

    def patch(self, path: str, body: Json, purpose: str) -> None:
        self._connection.received(self._exchange(Call("PATCH", Target(path), purpose, body)))

    def delete(self, path: str, purpose: str) -> None:
        """A 404 after an attempt whose answer was lost says that the attempt did it."""
        exchange = self._exchange(Call("DELETE", Target(path), purpose))
        if exchange.doubtful and _status(exchange) == _NOT_FOUND:
            return
        self._connection.received(exchange)

    def post(
        self, path: str, body: Json, purpose: str, *, there: Callable[[], bool], exists: int | None = None
    ) -> bool:
        """Create something. True if this call made it for certain; False if it was there, or may be another's."""
        return self.create(path, body, purpose, there=there, exists=exists) is not None

    def create(
        self, path: str, body: Json, purpose: str, *, there: Callable[[], bool], exists: int | None = None
    ) -> Received | None:
        """As `post`, with GitHub's answer if this call made it for certain.

        `exists` is the status by which GitHub says that it is there already; `there` reads whether it is. A `POST`
        whose answer is lost is not repeated before reading has shown that it was not done.
        """
        call = Call("POST", Target(path), purpose, body)
        doubt, attempt = False, 0
        while True:
            attempt += 1
            with marking(in_doubt=doubt):
                exchange = self._exchange(call)
            if exists is not None and _status(exchange) == exists:
                return None
            verdict = self._connection.verdict(exchange)
            if isinstance(verdict, Answer):
                return self._connection.received(exchange)
            lost = verdict.uncertain
            doubt = doubt or lost
            if doubt and _found(there, verdict):
                return None
            if not lost or attempt >= self._connection.attempts:
                raise RequestFailed(verdict.kind, *verdict.diagnostics, uncertain=doubt)
            self._connection.wait(
                self._connection.backoff(attempt), "the answer was lost, and nothing was created"
            )

    def _exchange(self, call: Call) -> Exchange:
        if not self._where.fullmatch(call.target.path):
            text = f"{cannot(call.purpose)}: this command writes issues and comments, and nothing else"
            raise RequestFailed(FailureKind.REJECTED, Diagnostic("not-to-be-written", text))
        return self._connection.exchange(call)


def _found(there: Callable[[], bool], failed: RequestFailed) -> bool:
    try:
        return there()
    except Interrupted as interrupted:
        raise Interrupted(*interrupted.diagnostics, uncertain=True) from None
    except RequestFailed as unread:
        # Neither the answer nor what there is now is known.
        raise RequestFailed(failed.kind, *failed.diagnostics, *unread.diagnostics, uncertain=True) from None


def _status(exchange: Exchange) -> int | None:
    return exchange.outcome.status if isinstance(exchange.outcome, Answer) else None
