"""One client's connection: bytes to requests and answers to bytes, with the faults of a network."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, replace
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, assert_never, cast

import h11

from envsync.sandbox.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.sandbox.exchange import Answer

_MAX_BODY = 4 * 1024 * 1024
_WITHOUT_BODY = (204, 304)
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Manner(Enum):
    """How an answer reaches the client."""

    WHOLE = auto()
    HALF = auto()
    LOST = auto()  # the connection is closed instead
    RESET = auto()  # the connection is reset instead
    HANG = auto()  # nothing happens, until the client gives up


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """`over` is called once: when the answer is on its way, or nobody waits for it any more."""

    answer: Answer
    manner: Manner = Manner.WHOLE
    over: Callable[[], None] = _nothing


class Connection(asyncio.Protocol):
    """asyncio calls the methods in lower case; `open_connections` holds those that are open."""

    def __init__(
        self,
        serve: Callable[[Request], Delivery],
        date: Callable[[], str],
        open_connections: set[Connection],
        latency: float,
    ) -> None:
        self._serve = serve
        self._date = date
        self._open = open_connections
        self._latency = latency
        self._http = h11.Connection(h11.SERVER)
        self._head = Request("", "", {})
        self._body = bytearray()
        self.closed = asyncio.Event()
        self._busy = False  # a request is being answered
        self._over = _nothing  # of that answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # what a TCP server is given
        self._open.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._open.discard(self)
        self._end()
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._advance()

    def abort(self) -> None:
        self._transport.abort()

    def _advance(self) -> None:
        while not self._busy:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                self._refuse(error.error_status_hint)
                return
            match event:
                case h11.Request():
                    self._begin(event)
                case h11.Data():
                    self._body += event.data
                    if len(self._body) > _MAX_BODY:
                        self._refuse(413)
                        return
                case h11.EndOfMessage():
                    self._finish()
                case _:  # needs more data, is paused, or closed
                    return

    def _begin(self, head: h11.Request) -> None:
        self._head = Request(
            method=head.method.decode("ascii"),
            target=head.target.decode("ascii"),
            headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
        )
        self._body.clear()
        if self._http.they_are_waiting_for_100_continue:
            self._transport.write(self._framed(h11.InformationalResponse(status_code=100, headers=[])))

    def _finish(self) -> None:
        request = replace(self._head, body=bytes(self._body)) if self._body else self._head
        self._busy = True
        loop = asyncio.get_running_loop()
        due = loop.time() + self._latency  # the work itself is part of it
        delivery = self._serve(request)
        self._over = delivery.over
        if self._latency:
            loop.call_at(due, self._deliver_late, delivery)
        else:
            self._deliver(delivery)

    def _deliver_late(self, delivery: Delivery) -> None:
        if self._transport.is_closing():
            return
        self._deliver(delivery)
        self._advance()

    def _deliver(self, delivery: Delivery) -> None:
        match delivery.manner:
            case Manner.WHOLE:
                self._answer(delivery.answer)
            case Manner.HALF:
                self._answer_half(delivery.answer)
            case Manner.LOST:
                self._transport.close()
            case Manner.RESET:
                self._reset()
            case Manner.HANG:
                pass
            case other:
                assert_never(other)

    def _end(self) -> None:
        over, self._over = self._over, _nothing
        over()

    def _answer(self, answer: Answer) -> None:
        self._end()  # first: whoever has the answer may count on it
        self._transport.write(self._head_of(answer) + self._framed(*self._body_of(answer), h11.EndOfMessage()))
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
            return
        self._http.start_next_cycle()
        self._busy = False

    def _answer_half(self, answer: Answer) -> None:
        if self._body_of(answer):
            half = h11.Data(data=answer.content[: len(answer.content) // 2])
            self._transport.write(self._head_of(answer) + self._framed(half))
        self._transport.close()

    def _head_of(self, answer: Answer) -> bytes:
        """h11 writes what frames the answer. Its checks of the other headers would take a fifth of the time."""
        has_length = answer.status not in _WITHOUT_BODY
        framing = [("content-length", str(len(answer.content)))] if has_length else []
        head = h11.Response(status_code=answer.status, headers=framing, reason=_REASONS[answer.status])
        others = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        return self._framed(head).removesuffix(b"\r\n") + f"{others}\r\n".encode("latin-1")

    def _body_of(self, answer: Answer) -> list[h11.Event]:
        return [h11.Data(data=answer.content)] if answer.content and self._head.method != "HEAD" else []

    def _framed(self, *events: h11.Event) -> bytes:
        return b"".join(self._http.send(event) or b"" for event in events)

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing without what TCP calls a graceful end
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def _refuse(self, status: int) -> None:
        """What is not HTTP, or too much of it, gets a word and no second chance."""
        self._busy = True
        headers = [("date", self._date()), ("connection", "close"), ("content-length", "0")]
        head = h11.Response(status_code=status, headers=headers, reason=_REASONS[status])
        self._transport.write(self._framed(head, h11.EndOfMessage()))
        self._transport.close()
