"""How does a command reach GitHub, and as whom?"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from envsync.cli.output import note
from envsync.github.cache import cache_folder, open_cache
from envsync.github.connection import Access, Effects
from envsync.github.credentials import Credential, find, gh_token
from envsync.github.limiter import Limiter
from envsync.github.server import api_url
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.cli.options import Options
    from envsync.cli.stop import Stop


@contextmanager
def reached(options: Options, stop: Stop) -> Iterator[Access]:
    """As `access_of`, with what GitHub answered before, unless nobody wants that."""
    access, folder = access_of(options, stop), cache_folder(os.environ)
    if options.no_cache or folder is None:
        yield access
        return
    cache = open_cache(folder, lambda words: note(options, words))
    try:
        yield replace(access, cache=cache)
    finally:
        cache.close()


def access_of(options: Options, stop: Stop | None = None, credential: Credential | None = None) -> Access:
    """To the server that options and environment say, and as whom they say, unless that is known.

    Raises where they do not.
    """
    server = api_url(options.api_url, os.environ)
    bearer = credential or find(os.environ, api_url=server, gh=gh_token)
    limiter = Limiter(max_wait=options.max_wait)
    return Access(server, bearer, effects=_effects(options, stop), limiter=limiter)


def sandbox_access(options: Options, url: str, stop: Stop | None = None) -> Access:
    from envsync.sandbox import FULL_TOKEN

    credential = Credential(SecretValue(FULL_TOKEN.encode()), "the sandbox")
    return Access(url, credential, effects=_effects(options, stop))


def _effects(options: Options, stop: Stop | None) -> Effects:
    def trace(line: str) -> None:
        if options.verbose:
            note(options, line)

    def notify(words: str) -> None:
        if stop is None or not stop.event.is_set():  # who is told to stop waits no more
            note(options, words)

    return Effects(pause=time.sleep if stop is None else stop.pause, notify=notify, trace=trace)
