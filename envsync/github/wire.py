"""How do a request's bytes travel? PyGithub addresses and signs it, and is kept from judging the answer."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from envsync.github.call import Lost, parse_answer, printable
from envsync.github.early import EarlyPool
from envsync.github.faults import about_proxies, lost
from envsync.github.route import BundleUnreadable, route_to

if TYPE_CHECKING:
    from collections.abc import ItemsView, Mapping

    from github.Requester import HTTPSRequestsConnectionClass, Requester
    from urllib3 import HTTPConnectionPool

    from envsync.github.call import Call, Outcome

_HEADERS = {"Accept": "application/vnd.github+json"}
_ALWAYS = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}


class Wire:
    """What PyGithub's requester sends through, in the place of one of its connections.

    Left to itself PyGithub would follow a 301 without the query and without end, sleep on a 202, stumble over a
    rate limit header that is no number, and write bodies, a secret's among them, to its debug log.

    A session of requests would load the certificates for each connection, and look for proxies before each
    request: it would cost half as much time again as sending them.
    """

    def __init__(self, api_url: str, timeout: float) -> None:
        self._route = route_to(api_url)
        self._timeout = timeout
        self._pool: HTTPConnectionPool | None = None  # opened when there is something to send
        self._host = urlsplit(api_url).netloc  # with the port: that is what gets mistyped
        self.body = b""  # of the last answer
        self._body: str | None = None
        self._outcome: Outcome = Lost("nothing was sent", sent=False)

    def connect(self) -> bool:
        """Ahead of the first request, so that it does not wait for that. Where it fails, the request will tell.

        False: there is no connection, nor has one been opened. Not through a proxy: it might be shown a wrong
        password as often as there are connections.
        """
        if self._hindrance() is not None or not isinstance(self._pool, EarlyPool):
            return False
        try:
            self._pool.connect()
        except (HTTPError, OSError):
            return False
        return True

    def carry(self, call: Call, requester: Requester, more: Mapping[str, str] = MappingProxyType({})) -> Outcome:
        """`more`: headers besides those that each request has."""
        if (hindrance := self._hindrance()) is not None:
            return hindrance
        self._body = None if call.body is None else json.dumps(call.body)
        self._outcome = Lost("nothing was sent", sent=False)
        headers = {**_HEADERS, **more}
        if self._body is not None:
            headers["Content-Type"] = "application/json"
        try:
            requester.requestJson(
                call.method,
                call.target.path,
                parameters=dict(call.target.query),
                headers=headers,
                cnx=cast(
                    "HTTPSRequestsConnectionClass", self
                ),  # duck-typed: it calls `request` and `getresponse` only
            )
        except (HTTPError, OSError, ValueError) as error:  # ValueError: an answer that http.client cannot make out
            return lost(error, host=self._host)
        finally:
            self._body = None
        return self._outcome

    def request(self, verb: str, url: str, _body: None, headers: dict[str, str], _stream: bool) -> None:  # noqa: FBT001 - PyGithub's
        body = None if self._body is None else self._body.encode()
        length = {} if verb == "GET" else {"Content-Length": str(len(body or b""))}
        pool = self._opened()
        response = pool.urlopen(
            verb,
            url,
            body,
            {**_ALWAYS, **headers, **length},
            retries=False,
            redirect=False,
            assert_same_host=False,
        )
        told = {name.lower(): value for name, value in response.headers.itermerged()}
        self.body = response.data
        self._outcome = parse_answer(response.status, told, self.body)

    def getresponse(self) -> Blank:
        return Blank()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _hindrance(self) -> Lost | None:
        """Why nothing can be sent at all. The address of a proxy is not told: it may have a password in it."""
        try:
            self._opened()
        except requests.exceptions.InvalidSchema:
            reason, advice = (
                "the proxy that the environment names is a SOCKS proxy",
                "install PySocks beside envsync",
            )
        except (HTTPError, requests.RequestException, ValueError):
            reason, advice = "the proxy that the environment names cannot be used", about_proxies(self._host)
        except BundleUnreadable:
            reason = f"the certificate bundle {printable(self._route.bundle)} cannot be read"
            advice = "correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it"
        except OSError as error:
            reason, advice = f"encrypted connections cannot be set up ({error.strerror})", "check SSLKEYLOGFILE"
        else:
            return None
        return Lost(reason, sent=False, lasting=True, advice=advice)

    def _opened(self) -> HTTPConnectionPool:
        if self._pool is None:
            self._pool = self._route.pool(self._timeout)
        return self._pool


class Blank:
    """The answer as PyGithub gets to see it."""

    status = 200

    def getheaders(self) -> ItemsView[str, str]:
        return {}.items()

    def read(self) -> str:
        return ""
