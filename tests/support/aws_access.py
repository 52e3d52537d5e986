"""Who may do what in the AWS of `support.aws`: IAM, as far as the roles of a pipeline need it.

What a policy may say and this does not know (conditions of a permission, `NotAction`) fails the test that has it.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from moto.core.common_models import CloudFormationModel
from support.aws_request import ACCOUNT, ADMINISTRATOR, REGION, error, iam

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from support.aws_request import Answer, Asked

GITHUB = "token.actions.githubusercontent.com"


class OIDCProvider(CloudFormationModel):
    """What moto's CloudFormation does not know yet: AWS::IAM::OIDCProvider."""

    def __init__(self, arn: str) -> None:
        self.physical_resource_id = arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::IAM::OIDCProvider"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    @classmethod
    def create_from_cloudformation_json(  # type: ignore[override] # moto hands more over than is needed here
        cls, _name: str, cloudformation_json: dict[str, Any], *_: str, **_more: object
    ) -> OIDCProvider:
        given = cloudformation_json["Properties"]
        made = iam().create_open_id_connect_provider(given["Url"], [], given["ClientIdList"], [])
        return cls(made.arn)

    def is_created(self) -> bool:
        return True


def identity(subject: str, audience: str = "sts.amazonaws.com") -> str:
    """What GitHub gives a job that may ask for an ID token, but for its signature."""
    claims = {"iss": f"https://{GITHUB}", "aud": audience, "sub": subject}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims, "signature")
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def refusal(asked: Asked) -> Answer | None:
    if asked.operation.startswith("AssumeRole"):
        trusted = _trusts(asked)
        return (
            None if trusted else error(asked, 403, "AccessDenied", f"Not authorized to perform {asked.operation}")
        )
    if asked.caller == ADMINISTRATOR:
        return None
    if not asked.caller:
        return error(asked, 403, "UnrecognizedClientException", "The security token in the request is invalid.")
    action = f"{asked.service}:{'InvokeFunction' if asked.operation == 'Invoke' else asked.operation}"
    resource = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{asked.function}"
    if asked.qualifier:  # an alias's own operations are authorised on the function
        resource += f":{asked.qualifier}"
    policies = [_document(each) for each in iam().get_role_by_arn(asked.caller).policies.values()]
    if _allows([statement for policy in policies for statement in policy["Statement"]], action, resource):
        return None
    told = f"User: {asked.caller} is not authorized to perform: {action} on resource: {resource}"
    return error(asked, 403, "AccessDeniedException", told)


def _allows(statements: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    allowed = False
    for statement in statements:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource"}, statement
        applies = _any_like(statement["Action"], action) and _any_like(statement["Resource"], resource)
        if applies and statement["Effect"] == "Deny":
            return False
        allowed = allowed or applies
    return allowed


def _any_like(patterns: str | list[str], text: str) -> bool:
    each = [patterns] if isinstance(patterns, str) else patterns
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*").replace(r"\?", "."), text) for one in each)


def _trusts(asked: Asked) -> bool:
    """Whether the role's trust policy takes what the token says. Roles are assumed with a token or not at all."""
    role = next((each for each in iam().get_roles() if each.arn == asked.parameters.get("RoleArn")), None)
    if role is None or asked.operation != "AssumeRoleWithWebIdentity":
        return False
    middle = asked.parameters["WebIdentityToken"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    host = claims["iss"].removeprefix("https://")
    provider = iam().open_id_providers.get(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")
    if provider is None or claims["aud"] not in provider.client_id_list:
        return False
    (statement,) = _document(role.assume_role_policy_document)["Statement"]
    assert set(statement) == {"Effect", "Action", "Principal", "Condition"}, statement
    assert set(statement["Condition"]) <= {"StringEquals", "StringLike"}, statement
    exact, patterns = (statement["Condition"].get(kind, {}) for kind in ("StringEquals", "StringLike"))
    return (
        statement["Effect"] == "Allow"
        and statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        and statement["Principal"] == {"Federated": provider.arn}
        and all(claims[key.removeprefix(f"{host}:")] in _listed(value) for key, value in exact.items())
        and all(_any_like(value, claims[key.removeprefix(f"{host}:")]) for key, value in patterns.items())
    )


def _document(policy: Any) -> Any:
    """moto keeps a policy as it came: text of the API, data of CloudFormation."""
    return json.loads(policy) if isinstance(policy, str) else policy


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
