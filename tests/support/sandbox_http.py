"""The embedded GitHub for a test, and a client that sends what it is told and nothing else."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nacl.public import PublicKey, SealedBox
from support.openapi import check_answer

from envsync.sandbox import Exchange, Fault, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

REPOSITORY = "/repos/acme/payments"
PRODUCTION = f"{REPOSITORY}/environments/production"
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}


@dataclass(frozen=True, slots=True)
class Result:
    status: int
    headers: Mapping[str, str]  # names in lower case
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def message(self) -> str:
        return str(self.json["message"])


@dataclass(slots=True)
class Clock:
    """A time that passes when a test says so."""

    now: datetime = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Client:
    connection: HTTPConnection
    token: str | None = "sandbox"
    prefix: str = ""  # of the API, as on an Enterprise Server

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Result:
        """`body` is sent as JSON, `content` as it is."""
        every = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            content = json.dumps(body).encode()
        self.connection.request(
            method, self.prefix + path.removeprefix(self.prefix), content, {**every, **(headers or {})}
        )
        try:
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except HTTPException:
            self.connection.close()  # the next request opens it again
            raise
        return Result(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    def pages(self, path: str, key: str | None = None) -> list[Any]:
        """All items of a list, found by following `Link`."""
        items: list[Any] = []
        following: str | None = path
        while following is not None:
            answer = self("GET", following)
            items += answer.json if key is None else answer.json[key]
            following = links(answer).get("next")
        return items


def links(answer: Result) -> dict[str, str]:
    """Relation -> target, less scheme and host."""
    found = {}
    for part in filter(None, answer.headers.get("link", "").split(", ")):
        url, relation = part.split("; ")
        split = urlsplit(url.strip("<>"))
        found[relation.removeprefix('rel="').rstrip('"')] = f"{split.path}?{split.query}"
    return found


@dataclass(slots=True)
class World:
    """acme/payments with alice, bob and the team acme/devops, and the environment production without any rule."""

    sandbox: Sandbox
    clock: Clock
    call: Client
    exchanges: list[Exchange] = field(default_factory=list)

    def user_id(self, login: str) -> int:
        return self.sandbox.state.accounts[login].id

    def user(self, login: str) -> dict[str, object]:
        return {"type": "User", "id": self.user_id(login)}

    def team(self, name: str) -> dict[str, object]:
        return {"type": "Team", "id": self.sandbox.state.teams[name].id}

    @contextmanager
    def client(self, token: str | None = "sandbox", *, timeout: float = 10.0) -> Iterator[Client]:
        with client(self.sandbox.url, token, timeout=timeout) as one:
            yield one

    def put(self, **body: object) -> Result:
        return self.call("PUT", PRODUCTION, body)

    def put_secret(self, name: str, value: bytes, environment: str = PRODUCTION) -> Result:
        key = self.call("GET", f"{environment}/secrets/public-key").json
        sealed = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(value)
        body = {"key_id": key["key_id"], "encrypted_value": b64encode(sealed).decode()}
        return self.call("PUT", f"{environment}/secrets/{name}", body)


@contextmanager
def client(url: str, token: str | None = "sandbox", *, timeout: float = 10.0) -> Iterator[Client]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        yield Client(connection, token)
    finally:
        connection.close()


@contextmanager
def world(
    *,
    directory: Path | None = None,
    faults: Sequence[str] = (),
    latency: float = 0.0,
    check: Callable[[Exchange], None] = check_answer,
    options: Options | None = None,
) -> Iterator[World]:
    """`check` sees every exchange; unless told otherwise, every answer is held against GitHub's description."""
    clock = Clock()
    exchanges: list[Exchange] = []

    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check(exchange)

    sandbox = Sandbox(
        directory,
        faults=[Fault.parse(fault) for fault in faults],
        latency=latency,
        options=options or Options(now=clock),
        observe=observe,
    )
    with sandbox, client(sandbox.url) as call:
        sandbox.seed(
            users=["alice", "bob"],
            teams=[("acme", "devops")],
            apps=["change-gate"],
            repositories=[("acme", "payments")],
        )
        if not faults:
            call("PUT", PRODUCTION)
        yield World(sandbox, clock, call, exchanges)
