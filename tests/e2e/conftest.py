"""A shell to run the command in, and a GitHub for it to talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.openapi import check_exchange
from support.shell import GitHub, Shell

from envsync.sandbox import FULL_TOKEN, Exchange, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def github(shell: Shell) -> Iterator[GitHub]:
    exchanges: list[Exchange] = []

    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)

    # One that limits nothing, and says so: the limits have tests of their own.
    with Sandbox(observe=observe, options=Options(rate_limit=None)) as sandbox:
        shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN}
        yield GitHub(sandbox, exchanges, shell)
