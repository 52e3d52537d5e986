"""A request to the AWS of `support.aws`, what is answered, and the state that moto keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from moto.awslambda.utils import get_backend
from moto.cloudformation.models import cloudformation_backends
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.awslambda.models import LambdaBackend
    from moto.cloudformation.models import CloudFormationBackend
    from moto.iam.models import IAMBackend
    from moto.sts.models import STSBackend

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ADMINISTRATOR = "administrator"

_OPERATIONS = [
    (method, re.compile(rf"/2015-03-31/functions/(?P<function>[^/]+){rest}"), name)
    for method, rest, name in [
        ("GET", r"", "GetFunction"),
        ("DELETE", r"", "DeleteFunction"),
        ("POST", r"/aliases", "CreateAlias"),
        ("GET", r"/aliases", "ListAliases"),
        ("GET", r"/aliases/(?P<alias>[^/]+)", "GetAlias"),
        ("PUT", r"/aliases/(?P<alias>[^/]+)", "UpdateAlias"),
        ("DELETE", r"/aliases/(?P<alias>[^/]+)", "DeleteAlias"),
        ("PUT", r"/code", "UpdateFunctionCode"),
        ("GET", r"/configuration", "GetFunctionConfiguration"),
        ("PUT", r"/configuration", "UpdateFunctionConfiguration"),
        ("POST", r"/invocations", "Invoke"),
        ("POST", r"/policy", "AddPermission"),
        ("GET", r"/versions", "ListVersionsByFunction"),
        ("POST", r"/versions", "PublishVersion"),
    ]
]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request, and who asked: `environ()`'s administrator, a role (by its ARN), or, with no key, nobody."""

    operation: str  # as AWS calls it: UpdateAlias
    service: str
    caller: str
    function: str
    alias: str
    qualifier: str  # of a function's resources: a version or an alias
    parameters: Mapping[str, str]  # of a query or a form
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Hook = Callable[[Asked, Callable[[], Answer]], Answer]


def iam() -> IAMBackend:
    return iam_backends[ACCOUNT]["aws"]


def functions() -> LambdaBackend:
    return get_backend(ACCOUNT, REGION)


def sts() -> STSBackend:
    return sts_backends[ACCOUNT]["aws"]


def stacks() -> CloudFormationBackend:
    return cloudformation_backends[ACCOUNT][REGION]


def asking(environ: Mapping[str, Any], body: bytes) -> Asked:
    key, service = "", ""
    signed = re.search(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    if signed:
        key, service = signed.groups()
    found = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        found |= {name: values[0] for name, values in parse_qs(body.decode()).items()}
    operation = found.get("Action", "")
    function = alias = ""
    for method, path, name in _OPERATIONS if service == "lambda" else []:
        matched = path.fullmatch(environ["PATH_INFO"].rstrip("/"))
        if matched and method == environ["REQUEST_METHOD"]:
            parts = {each: unquote(value) for each, value in matched.groupdict().items()}
            operation, function, alias = name, parts["function"], parts.get("alias", "")
    name, _, qualifier = function.rpartition(":function:")[2].partition(":")
    caller = caller_of(key, environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""))
    return Asked(operation, service, caller, name, alias, qualifier or found.get("Qualifier", ""), found, body)


def caller_of(key: str, token: str) -> str:
    if key == ADMINISTRATOR:
        return ADMINISTRATOR
    roles = sts().assumed_roles
    return next((each.role_arn for each in roles if (each.access_key_id, each.session_token) == (key, token)), "")


def error(asked: Asked, status: int, code: str, message: str) -> Answer:
    if asked.service == "lambda":
        body = json.dumps({"Type": "User", "Message": message}).encode()
        return Answer(status, body, {"x-amzn-ErrorType": code, "Content-Type": "application/json"})
    told = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, f"<ErrorResponse>{told}</ErrorResponse>".encode(), {"Content-Type": "text/xml"})
