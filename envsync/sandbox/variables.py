"""Variables of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.call import body_object, text_in
from envsync.sandbox.exchange import Reply, failure, not_found
from envsync.sandbox.naming import check_number, check_size, upper_name
from envsync.sandbox.paging import VARIABLES, page_of
from envsync.sandbox.state import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.exchange import EarlyReply

_RESOURCE = "Variable"


def list_all(call: Call) -> Reply:
    variables = sorted(call.environment.variables.values(), key=lambda variable: variable.name)
    chunk, headers = page_of(call, variables, VARIABLES)
    return Reply(200, {"total_count": len(variables), "variables": [*map(variable_shape, chunk)]}, headers)


def get(call: Call) -> Reply:
    return Reply(200, variable_shape(_variable(call)))


def create(call: Call) -> Reply:
    variables = call.environment.variables
    body = body_object(call)
    name = upper_name(_RESOURCE, text_in(body, "name"))
    value = _value(body)
    if name in variables:
        raise _exists()
    check_number("variable", len(variables))
    variables[name] = Variable(name, value, created_at=call.now, updated_at=call.now)
    return Reply(201, {})


def update(call: Call) -> Reply:
    """A new value, a new name, or both."""
    variable, variables = _variable(call), call.environment.variables
    body = body_object(call)
    name = upper_name(_RESOURCE, text_in(body, "name")) if "name" in body else variable.name
    value = _value(body) if "value" in body else variable.value
    if name != variable.name and name in variables:
        raise _exists()
    del variables[variable.name]
    variable.name, variable.value, variable.updated_at = name, value, call.now
    variables[name] = variable
    return Reply(204)


def delete(call: Call) -> Reply:
    del call.environment.variables[_variable(call).name]
    return Reply(204)


def _variable(call: Call) -> Variable:
    variable = call.environment.variables.get(call.names["variable"].upper())
    if variable is None:
        raise not_found()
    return variable


def _value(body: Mapping[str, object]) -> str:
    value = text_in(body, "value")
    check_size(_RESOURCE, len(value.encode("utf-8", "surrogatepass")))
    return value


def _exists() -> EarlyReply:
    return failure(409, "Already exists - Variable already exists")


def variable_shape(variable: Variable) -> Shape:
    return {
        "name": variable.name,
        "value": variable.value,
        "created_at": variable.created_at,
        "updated_at": variable.updated_at,
    }
