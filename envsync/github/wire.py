"""How do a request's bytes travel? PyGithub addresses and signs it, and is kept from judging the answer."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from envsync.github.call import Lost, parse_answer
from envsync.github.faults import lost
from envsync.github.server import is_loopback

if TYPE_CHECKING:
    from collections.abc import ItemsView, Mapping

    from github.Requester import HTTPSRequestsConnectionClass, Requester

    from envsync.github.call import Call, Outcome

_HEADERS = {"Accept": "application/vnd.github+json"}
_ALWAYS = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}


class Wire:
    """What PyGithub's requester sends through, in the place of one of its connections.

    Left to itself PyGithub would follow a 301 without the query and without end, sleep on a 202, stumble over a
    rate limit header that is no number, and write bodies, a secret's among them, to its debug log.

    What a session of requests finds out for each request, proxies and certificates, is found out once, since all
    go to one host: it would cost half as much time again as sending them.
    """

    def __init__(self, api_url: str, timeout: float) -> None:
        parts = urlsplit(api_url)
        with requests.Session() as session:
            # No proxy of the environment's is to see what is meant for this machine.
            session.trust_env = not is_loopback(api_url)
            settings = session.merge_environment_settings(api_url, {}, stream=False, verify=True, cert=None)
        self._proxies: dict[str, str] = dict(settings["proxies"])
        self._verify = True if settings["verify"] is None else settings["verify"]
        self._timeout = timeout
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._site = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.netloc  # with the port: that is what gets mistyped
        self.body = b""  # of the last answer
        self._body: str | None = None
        self._outcome: Outcome = Lost("nothing was sent", sent=False)
        self._request = requests.PreparedRequest()

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
        body = None if self._body is None else self._body.encode()
        request = requests.PreparedRequest()
        request.method, request.url, request.body = verb, f"{self._site}{url}", body
        request.headers = CaseInsensitiveDict({**_ALWAYS, **headers})
        if verb != "GET":
            request.headers["Content-Length"] = str(len(body or b""))
        self._request = request

    def getresponse(self) -> Blank:
        response = self._adapter.send(
            self._request, timeout=self._timeout, verify=self._verify, proxies=self._proxies
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.body = response.content
        self._outcome = parse_answer(response.status_code, headers, self.body)
        return Blank()

    def close(self) -> None:
        self._adapter.close()


class Blank:
    """The answer as PyGithub gets to see it."""

    status = 200

    def getheaders(self) -> ItemsView[str, str]:
        return {}.items()

    def read(self) -> str:
        return ""
