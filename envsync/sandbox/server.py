"""The embedded GitHub as a whole: state, service, listener, and what a test or a command does with them."""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl

from envsync.sandbox.beginning import new_state
from envsync.sandbox.connection import Delivery, Manner
from envsync.sandbox.exchange import Answer, Exchange, Json, Options, Request, timestamp
from envsync.sandbox.faults import FaultKind, Faults
from envsync.sandbox.listener import Listener
from envsync.sandbox.seeding import deploy, install_app, seed
from envsync.sandbox.service import Service, http_date
from envsync.sandbox.state import SERVICE_LOGIN
from envsync.sandbox.storage import file_errors, open_storage
from envsync.sandbox.traffic import Tally

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import FrameType, TracebackType

    from envsync.sandbox.deployment_state import DeploymentState
    from envsync.sandbox.faults import Fault
    from envsync.sandbox.service import Visit
    from envsync.sandbox.state import Repository
    from envsync.sandbox.storage import Storage
    from envsync.sandbox.traffic import Traffic

_USUAL = Options()
_NO_FILES: Mapping[tuple[str, str], Mapping[str, str]] = {}
_MANNERS = {
    FaultKind.LOST: Manner.LOST,
    FaultKind.TRUNCATE: Manner.HALF,
    FaultKind.RESET: Manner.RESET,
    FaultKind.HANG: Manner.HANG,
}


class Sandbox:
    """A GitHub on loopback: `with Sandbox() as github: ...`, and `github.url` answers.

    With a `directory` the state is read from there and written after each request that may have changed it;
    without one it is kept in memory alone. A test may change `state` between two requests, and `save` writes such
    changes. `latency` is in seconds and delays each answer. `observe` is called in the server's thread; what it
    raises, and what goes wrong inside the sandbox, is raised again when the `with` block ends. With `tls` it
    speaks TLS, as GitHub does, by the certificate in that.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        faults: Sequence[Fault] = (),
        options: Options = _USUAL,
        observe: Callable[[Exchange], None] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.url = ""  # known once it is served
        self.state = new_state(timestamp(options.now()))
        self._directory = directory
        self._port = port
        self._latency = latency
        self._faults = Faults(faults)
        self._options = options
        self._observe = observe
        self._tls = tls
        self._tally = Tally()
        self._storage: Storage | None = None
        self._turn = threading.Lock()  # one at a time: a request, a seeding, a saving
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        if self._directory is None:
            self._start()
            return self
        self._storage = open_storage(self._directory)
        try:
            with file_errors(self._directory):
                self.state = self._storage.load(timestamp(self._options.now()))
            self._start()
        except BaseException:
            self._close_storage()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listener.stop()
        try:
            self.save()
        finally:
            self._close_storage()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    @property
    def traffic(self) -> Traffic:
        """What came in since the start, or the last `reset_traffic`. Any thread may ask at any time."""
        return self._tally.reading()

    def reset_traffic(self) -> Traffic:
        """The last reading; what comes in from now on is counted anew."""
        return self._tally.reading(reset=True)

    def seed(
        self,
        *,
        users: Iterable[str] = (),
        teams: Iterable[tuple[str, str]] = (),
        apps: Iterable[str] = (),
        repositories: Iterable[tuple[str, str]] = (),
        files: Mapping[tuple[str, str], Mapping[str, str]] = _NO_FILES,
    ) -> None:
        """Makes what is missing and touches nothing that exists, but for the files, which are replaced.

        Users and teams get access to the repositories as far as this call made one or the other. Two people are
        in each team that it makes, and may push to each repository. `files`: owner and name -> path -> text.
        """
        with self._turn:
            now = timestamp(self._options.now())
            seed(self.state, now, users=users, teams=teams, apps=apps, repositories=repositories, files=files)
        self.save()

    def install_app(
        self,
        slug: str,
        *,
        public_key: str,
        owner: str,
        permissions: Mapping[str, str],
        repositories: Iterable[str] | None = None,
        account: str | None = None,
    ) -> tuple[int, int]:
        """An App of `owner`'s that signs in with a key (PEM), installed on `account`, or on its owner: their ids.

        `repositories` are full names; None means all of the account's. Once more with the same changes nothing,
        with something else brings App and installation up to date.
        """
        with self._turn:
            ids = install_app(
                self.state,
                timestamp(self._options.now()),
                slug,
                public_key=public_key,
                owner=owner,
                permissions=permissions,
                repositories=repositories,
                account=account or owner,
            )
        self.save()
        return ids

    def open_pull_request(self, repository: str, title: str, *, author: str = SERVICE_LOGIN) -> int:
        """Its number. There is no more to it than what pull requests have in common with issues."""
        with self._turn:
            found, now = self.state.repository(repository), timestamp(self._options.now())
            number = self.state.new_issue(found, title, author, now, is_pull_request=True).number
        self.save()
        return number

    def deploy(
        self, repository: str, environment: str, *states: DeploymentState, ref: str = "refs/heads/main"
    ) -> int:
        """The id of a deployment that went through `states`. It asks nobody, and needs no environment."""
        with self._turn:
            found, now = self.state.repository(repository), timestamp(self._options.now())
            number = deploy(self.state, now, found, environment, ref, states)
        self.save()
        return number

    def save(self) -> None:
        if self._storage is None:
            return
        with self._turn, file_errors(self._storage.directory):
            self._storage.save(self.state)

    def serve_forever(self, ready: Callable[[], None] = lambda: None) -> None:
        """Blocks until SIGINT or SIGTERM; to be called from the main thread, inside the `with` block.

        `ready` is called once a signal ends this in good order, so that who hears of the URL there may send one.
        """
        stopped = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopped.set()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            ready()
            stopped.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self) -> None:
        self._service = Service(self.state, self._options, self._tally)
        self._listener = Listener(
            self._serve,
            lambda: http_date(self._options.now()),
            port=self._port,
            latency=self._latency,
            tls=self._tls,
        )
        self.url = self._listener.start()
        if self._storage is None:
            return
        try:
            with file_errors(self._storage.directory):
                self._storage.announce(self.url)
        except BaseException:
            self._listener.stop()
            raise

    def _close_storage(self) -> None:
        if self._storage is not None:
            self._storage.close()
            self._storage = None

    def _serve(self, request: Request) -> Delivery:
        visit: Visit | None = None
        with self._turn:
            try:
                visit = self._service.receive(request)
                delivery = self._delivery(request, visit)
            except BaseException as error:  # noqa: BLE001 - raised again by __exit__, in the thread that can act on it
                self._failure = self._failure or error
                delivery = Delivery(self._service.broken(request))
        is_answered = delivery.manner not in (Manner.RESET, Manner.HANG)
        self._tally.answer(request.method, delivery.answer.status if is_answered else 0)
        return delivery if visit is None else replace(delivery, over=partial(self._service.dismiss, visit))

    def _delivery(self, request: Request, visit: Visit) -> Delivery:
        fault = self._faults.take(request)
        if fault is not None and fault.kind in (FaultKind.RESET, FaultKind.HANG):
            return Delivery(self._service.broken(request), _MANNERS[fault.kind])
        if fault is not None and fault.kind is FaultKind.STATUS:
            answer, changed = self._service.faulty(request, visit, fault), None
        else:
            answer, changed = self._service.answer(request, visit, self._site(request))
        if changed is not None:
            self._save_repository(changed)
        if self._observe is not None:
            self._observe(self._exchange(request, answer, fault))
        return Delivery(answer, _MANNERS.get(fault.kind, Manner.WHOLE) if fault is not None else Manner.WHOLE)

    def _site(self, request: Request) -> str:
        """The server as the client calls it: `localhost` is another origin than 127.0.0.1."""
        host = request.headers.get("host")
        return f"{self.url.partition(':')[0]}://{host}" if host else self.url

    def _save_repository(self, repository: Repository) -> None:
        if self._storage is not None:
            with file_errors(self._storage.directory):
                self._storage.save_repository(self.state, repository)

    def _exchange(self, request: Request, answer: Answer, fault: Fault | None) -> Exchange:
        path, _, query = request.target.partition("?")
        headers = dict(answer.headers)
        return Exchange(
            method=request.method,
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
            request_headers={name: value for name, value in request.headers.items() if name != "authorization"},
            request=_parsed(request.body),
            status=answer.status,
            response_headers=headers,
            response=_parsed(answer.content) if "json" in headers.get("content-type", "") else None,
            fault=str(fault) if fault is not None else None,
            state=self.state,
        )


def _parsed(content: bytes) -> Json:
    try:
        parsed: Json = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return parsed
