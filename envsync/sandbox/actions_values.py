"""Secrets and variables that each workflow of a repository may use: its own, and what its organization shares.

Which permission they take: "Permissions required for fine-grained personal access tokens" on docs.github.com,
under Secrets and Variables, where what the organization shares is listed with the repository's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.exchange import Reply
from envsync.sandbox.paging import USUAL, VARIABLES, page_of
from envsync.sandbox.secret_store import secret_shape
from envsync.sandbox.state import Secret, Variable
from envsync.sandbox.variables import variable_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.paging import PageSize
    from envsync.sandbox.shared_state import SharedValue


def secrets(call: Call) -> Reply:
    return _secrets(call, call.repository.actions_secrets.values())


def organization_secrets(call: Call) -> Reply:
    """Of a user's repository there are none."""
    shared = _shared(call, call.owner.actions_secrets)
    return _secrets(call, [Secret(one.name, one.created_at, one.updated_at) for one in shared])


def variables(call: Call) -> Reply:
    return _variables(call, call.repository.actions_variables.values())


def organization_variables(call: Call) -> Reply:
    shared = _shared(call, call.owner.actions_variables)
    return _variables(call, [Variable(one.name, one.value, one.created_at, one.updated_at) for one in shared])


def _shared(call: Call, values: Mapping[str, SharedValue]) -> list[SharedValue]:
    return [
        one for one in values.values() if one.repositories is None or call.repository.is_among(one.repositories)
    ]


def _secrets(call: Call, found: Iterable[Secret]) -> Reply:
    return _listing(call, "secrets", [secret_shape(one) for one in found], USUAL)


def _variables(call: Call, found: Iterable[Variable]) -> Reply:
    return _listing(call, "variables", [variable_shape(one) for one in found], VARIABLES)


def _listing(call: Call, key: str, shapes: list[Shape], size: PageSize) -> Reply:
    by_name = sorted(shapes, key=lambda shape: str(shape["name"]))
    chunk, headers = page_of(call, by_name, size)
    return Reply(200, {"total_count": len(by_name), key: chunk}, headers)
