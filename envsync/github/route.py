"""By which way do bytes reach GitHub? Straight or through a proxy; and whose certificates are trusted there."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3 import PoolManager, Timeout
from urllib3.util import create_urllib3_context, parse_url

from envsync.github.early import EarlyPool
from envsync.github.server import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ssl import SSLContext

    from urllib3 import HTTPConnectionPool

_PROTOCOLS = ("http/1.1",)  # that urllib3 speaks


class BundleUnreadable(Exception):  # noqa: N818 - reads as what the bundle is
    pass


@dataclass(frozen=True, slots=True)
class Route:
    """`site`: scheme and host, with the port. `bundle`: a file, or a folder, of certificates."""

    site: str
    proxy: str | None
    bundle: str

    @property
    def is_encrypted(self) -> bool:
        return self.site.startswith("https:")

    def pool(self, timeout: float) -> HTTPConnectionPool:
        """Connections of one thread.

        Raises `BundleUnreadable`. Where the proxy cannot be used, it raises urllib3's `HTTPError`, requests'
        `RequestException`, or a `ValueError`.
        """
        trusted = trust(self.bundle) if self.is_encrypted else None
        patience = Timeout(connect=timeout, read=timeout)
        if self.proxy is None:
            straight = PoolManager(1, maxsize=1, timeout=patience, ssl_context=trusted)
            straight.pool_classes_by_scheme = {**straight.pool_classes_by_scheme, "https": EarlyPool}
            return straight.connection_from_url(self.site)
        address = self.proxy if "://" in self.proxy else f"http://{self.proxy}"
        if not parse_url(address).host:
            raise ValueError("it has no host")
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)  # it knows kinds of proxies, and logs in to them
        own = {} if address.startswith("socks") else {"proxy_ssl_context": trusted}
        through = adapter.proxy_manager_for(address, timeout=patience, ssl_context=trusted, **own)
        return cast("HTTPConnectionPool", through.connection_from_url(self.site))


def route_to(api_url: str) -> Route:
    """As the environment has it: the variables of proxies, `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE`.

    No proxy is to see what is meant for this machine.
    """
    with requests.Session() as session:
        settings = session.merge_environment_settings(api_url, {}, stream=False, verify=True, cert=None)
    parts = urlsplit(api_url)
    proxy = None if is_loopback(api_url) else select_proxy(api_url, settings["proxies"])
    bundle = settings["verify"]
    return Route(
        f"{parts.scheme}://{parts.netloc}", proxy, bundle if isinstance(bundle, str) else DEFAULT_CA_BUNDLE_PATH
    )


_loading = threading.Lock()


def trust(bundle: str) -> SSLContext:
    """One for all threads: to load a bundle takes 16 ms. Raises `BundleUnreadable`."""
    with _loading:
        return _loaded(bundle)


@lru_cache
def _loaded(bundle: str) -> SSLContext:
    context = create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
    except OSError as error:
        raise BundleUnreadable(bundle) from error
    context.set_alpn_protocols(_PROTOCOLS)
    # urllib3 sets them again for each connection. While another thread opens one, that is a use after free:
    # https://github.com/python/cpython/issues/141012
    context.set_alpn_protocols = _are_set  # type: ignore[method-assign, assignment]
    return context


def _are_set(_: Iterable[str]) -> None: ...
