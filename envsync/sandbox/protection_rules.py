"""Custom deployment protection rules: the Apps that an environment asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import node_id, rule_app
from envsync.sandbox.call import body_object, whole_number
from envsync.sandbox.exchange import Reply, not_found, validation_failed
from envsync.sandbox.paging import page_of
from envsync.sandbox.state import ProtectionRule

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import App

_MAX_RULES = 6
_RESOURCE = "DeploymentProtectionRule"


def list_all(call: Call) -> Reply:
    """Not paged."""
    rules = _present(call)
    shapes = [_shape(call, rule, app) for rule, app in rules]
    return Reply(200, {"total_count": len(rules), "custom_deployment_protection_rules": shapes})


def list_apps(call: Call) -> Reply:
    """All Apps of this GitHub that offer a rule: each one is installed everywhere."""
    _ = call.environment
    apps = [app for app in call.state.apps.values() if app.offers_rule]
    chunk, headers = page_of(call, apps)
    shapes = [rule_app(call, app) for app in chunk]
    return Reply(
        200,
        {"total_count": len(apps), "available_custom_deployment_protection_rule_integrations": shapes},
        headers,
    )


def get(call: Call) -> Reply:
    return Reply(200, _shape(call, *_rule(call)))


def create(call: Call) -> Reply:
    environment = call.environment
    number = whole_number(body_object(call).get("integration_id"), "properties/integration_id")
    app = call.state.app_of_id(number)
    if app is None or not app.offers_rule:
        raise validation_failed(_RESOURCE, "integration_id", f"there is no installed App with the id {number}")
    if any(rule.app_id == app.id for rule in environment.rules.values()):
        raise validation_failed(_RESOURCE, "integration_id", f"{app.slug} is enabled already")
    if len(environment.rules) >= _MAX_RULES:
        raise validation_failed(_RESOURCE, "base", f"at most {_MAX_RULES} custom rules can be enabled")
    rule = ProtectionRule(call.state.new_id(), app.id)
    environment.rules[rule.id] = rule
    return Reply(201, _shape(call, rule, app))


def delete(call: Call) -> Reply:
    rule, _ = _rule(call)
    del call.environment.rules[rule.id]
    return Reply(204)


def _present(call: Call) -> list[tuple[ProtectionRule, App]]:
    """A rule goes with its App."""
    rules = call.environment.rules.values()
    return [(rule, app) for rule in rules if (app := call.state.app_of_id(rule.app_id)) is not None]


def _rule(call: Call) -> tuple[ProtectionRule, App]:
    number = call.number("rule_id")
    found = next((pair for pair in _present(call) if pair[0].id == number), None)
    if found is None:
        raise not_found()
    return found


def _shape(call: Call, rule: ProtectionRule, app: App) -> Shape:
    return {
        "id": rule.id,
        "node_id": node_id("GA", rule.id),
        "enabled": rule.enabled,
        "app": rule_app(call, app),
    }
