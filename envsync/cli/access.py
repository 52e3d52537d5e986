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
    from collections.abc import Callable, Iterator

    from envsync.cli.options import Options


@contextmanager
def reached(options: Options, pause: Callable[[float], None]) -> Iterator[Access]:
    """As `access_of`, with what GitHub answered before, unless nobody wants that."""
    access, folder = access_of(options, pause), cache_folder(os.environ)
    if options.no_cache or folder is None:
        yield access
        return
    cache = open_cache(folder, lambda words: note(options, words))
    try:
        yield replace(access, cache=cache)
    finally:
        cache.close()


def access_of(
    options: Options, pause: Callable[[float], None] = time.sleep, credential: Credential | None = None
) -> Access:
    """To the server that options and environment say, and as whom they say, unless that is known.

    Raises where they do not.
    """
    server = api_url(options.api_url, os.environ)
    bearer = credential or find(os.environ, api_url=server, gh=gh_token)
    limiter = Limiter(max_wait=options.max_wait)
    return Access(server, bearer, effects=_effects(options, pause), limiter=limiter)


def sandbox_access(options: Options, url: str, pause: Callable[[float], None] = time.sleep) -> Access:
    from envsync.sandbox import FULL_TOKEN

    credential = Credential(SecretValue(FULL_TOKEN.encode()), "the sandbox")
    return Access(url, credential, effects=_effects(options, pause))


def _effects(options: Options, pause: Callable[[float], None]) -> Effects:
    def trace(line: str) -> None:
        if options.verbose:
            note(options, line)

    return Effects(pause=pause, notify=lambda words: note(options, words), trace=trace)
