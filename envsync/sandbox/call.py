"""A request on its way to an endpoint: who asks, about what, with what in hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.sandbox.exchange import invalid_request, not_found
from envsync.sandbox.state import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.exchange import Options
    from envsync.sandbox.rate_limit import Allowance
    from envsync.sandbox.state import Account, App, Environment, Repository, State, Token


@dataclass(slots=True)
class Call:
    method: str
    path: str  # percent-encoded, without the prefix of an Enterprise Server
    names: Mapping[str, str]  # what the path's variable segments are, decoded
    query: Mapping[str, str]
    headers: Mapping[str, str]
    token: Token
    signed_by: App | None  # who sent a JSON Web Token in its place
    allowance: Allowance
    state: State
    options: Options
    now: str  # as GitHub writes a time
    site: str  # where the pages for people would be
    api: str  # where the API is; starts with `site`
    found: Repository | None = None
    body: object = None  # parsed JSON

    @property
    def repository(self) -> Repository:
        if self.found is None:
            raise not_found()
        return self.found

    @property
    def owner(self) -> Account:
        return self.state.accounts[self.repository.owner.casefold()]

    @property
    def app(self) -> App:
        if self.signed_by is None:
            raise not_found()
        return self.signed_by

    @property
    def environments(self) -> dict[str, Environment]:
        """Those of the repository, if it has any: a private one on a free plan does not know what that is."""
        if self.repository.private and self.owner.plan is Plan.FREE:
            raise not_found()
        return self.repository.environments

    @property
    def environment(self) -> Environment:
        environment = self.environments.get(self.names["environment"].casefold())
        if environment is None:
            raise not_found()
        return environment

    def number(self, name: str) -> int:
        """An id in the path; what is no number has nothing behind it."""
        text = self.names[name]
        if not (text.isascii() and text.isdecimal()):
            raise not_found()
        return int(text)


def body_object(call: Call) -> Mapping[str, object]:
    if not isinstance(call.body, dict):
        raise invalid_request("The request body must be an object.")
    return call.body


def text_in(body: Mapping[str, object], key: str) -> str:
    if key not in body:
        raise invalid_request(f'"{key}" wasn\'t supplied.')
    value = body[key]
    if not isinstance(value, str):
        raise invalid_request(f"For 'properties/{key}', {brief(value)} is not a string.")
    return value


def whole_number(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid_request(f"For '{where}', {brief(value)} is not an integer.")
    return value


def truth(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise invalid_request(f"For '{where}', {brief(value)} is not a boolean.")
    return value


def brief(value: object) -> str:
    """The kind of a value rather than the value: it may be a secret in the wrong place."""
    match value:
        case None:
            return "nil"
        case bool() | int() | float():
            return str(value)
        case _:
            return f"a value of type {type(value).__name__}"
