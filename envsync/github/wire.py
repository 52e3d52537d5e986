"""How do a request's bytes travel? Through PyGithub's connection, with PyGithub kept from judging the answer."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass
from urllib3.exceptions import HTTPError

from envsync.github.call import Lost, parse_answer
from envsync.github.faults import lost
from envsync.github.server import is_loopback

if TYPE_CHECKING:
    from collections.abc import ItemsView, Mapping

    from github.Requester import Requester

    from envsync.github.call import Call, Outcome

_HEADERS = {"Accept": "application/vnd.github+json"}


class Wire:
    """What PyGithub's requester sends through, in the place of one of its connections.

    PyGithub addresses and authenticates a request; the wire adds the body, sends it, and keeps the answer. Left to
    itself PyGithub would follow a 301 without the query and without end, sleep on a 202, stumble over a rate limit
    header that is no number, and write bodies, a secret's among them, to its debug log.
    """

    def __init__(self, api_url: str, timeout: float) -> None:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
        connection = HTTPSRequestsConnectionClass if parts.scheme == "https" else HTTPRequestsConnectionClass
        self._connection = connection(
            f"[{host}]" if ":" in host else host,
            parts.port,
            timeout=cast("int", timeout),  # handed to requests as it is, which takes fractions
            retry=0,
        )
        if is_loopback(api_url):
            # No proxy of the environment's is to see what is meant for this machine.
            self._connection.session.trust_env = False
        self._host = parts.netloc  # with the port: that is what gets mistyped
        self._body: str | None = None
        self._outcome: Outcome = Lost("nothing was sent", sent=False)

    def carry(self, call: Call, requester: Requester, more: Mapping[str, str] = MappingProxyType({})) -> Outcome:
        """`more`: headers besides those that each request has."""
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
        except (requests.RequestException, HTTPError, OSError) as error:
            return lost(error, host=self._host)
        finally:
            self._body = None
        return self._outcome

    def request(self, verb: str, url: str, _body: None, headers: dict[str, str], _stream: bool) -> None:  # noqa: FBT001 - PyGithub's
        self._connection.request(verb, url, cast("None", self._body), headers)

    def getresponse(self) -> Blank:
        response = self._connection.getresponse().response
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._outcome = parse_answer(response.status_code, headers, response.content)
        return Blank()

    def close(self) -> None:
        self._connection.close()


class Blank:
    """The answer as PyGithub gets to see it."""

    status = 200

    def getheaders(self) -> ItemsView[str, str]:
        return {}.items()

    def read(self) -> str:
        return ""
