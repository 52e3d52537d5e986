from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.clockwork import TOKEN, World
from support.loopback import Loopback, serving

from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.reader import Reader, open_reader
from envsync.github.retry import Policy
from envsync.github.writer import Writer, open_writer
from envsync.model import RepositoryName, SecretValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def github() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def access(github: Loopback, world: World) -> Callable[..., Access]:
    def make(*, api_url: str | None = None, timeout: float = 10.0, policy: Policy | None = None) -> Access:
        credential = Credential(SecretValue(TOKEN.encode()), "GH_TOKEN")
        return Access(api_url or github.address, credential, timeout, policy or Policy(), world.effects())

    return make


@pytest.fixture
def reader(access: Callable[..., Access]) -> Iterator[Reader]:
    opened = open_reader(access())
    yield opened
    opened.close()


@pytest.fixture
def writer(access: Callable[..., Access]) -> Iterator[Writer]:
    opened = open_writer(access())
    yield opened
    opened.close()


@pytest.fixture
def web() -> RepositoryName:
    return RepositoryName("acme", "web")
