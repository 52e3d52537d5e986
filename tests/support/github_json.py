"""Answers of GitHub's REST API, as small as its description allows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.loopback import Answering, Reply, Seen

CUSTOM = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}


def environment(
    name: str, *, number: int = 1, rules: list[dict[str, Any]] | None = None, policy: object = None, **more: object
) -> dict[str, Any]:
    return {
        "id": number,
        "node_id": "EN_1",
        "name": name,
        "url": "https://api.github.com/repos/acme/web/environments/x",
        "html_url": "https://github.com/acme/web/deployments",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "protection_rules": rules or [],
        "deployment_branch_policy": policy,
        **more,
    }


def timer(minutes: int) -> dict[str, Any]:
    return {"id": 1, "node_id": "GA_1", "type": "wait_timer", "wait_timer": minutes}


def reviewers(*who: dict[str, Any], prevent_self_review: bool = False) -> dict[str, Any]:
    return {
        "id": 2,
        "node_id": "GA_2",
        "type": "required_reviewers",
        "prevent_self_review": prevent_self_review,
        "reviewers": list(who),
    }


def user(login: str, number: int) -> dict[str, Any]:
    return {"type": "User", "reviewer": {"login": login, "id": number, "type": "User"}}


def team(slug: str, number: int, organization: str = "acme") -> dict[str, Any]:
    address = f"https://github.com/orgs/{organization}/teams/{slug}"
    return {"type": "Team", "reviewer": {"id": number, "slug": slug, "name": slug.title(), "html_url": address}}


def variable(name: str, value: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z",
    }


def secret(name: str, updated_at: str = "2026-01-02T00:00:00Z") -> dict[str, Any]:
    return {"name": name, "created_at": "2026-01-01T00:00:00Z", "updated_at": updated_at}


def listing(key: str | None, items: list[Any], *, most: int = 100) -> Answering:
    """Pages as GitHub makes them: `per_page` is clamped, and `Link` leads on until the last."""

    def reply(seen: Seen) -> Reply:
        parts = urlsplit(seen.target)
        query = parse_qs(parts.query)
        size = min(int(query.get("per_page", ["30"])[0]), most)
        page = int(query.get("page", ["1"])[0])
        chunk = items[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(items):
            there = f"http://{seen.headers['host']}{parts.path}"
            first, following = (f"{there}?page={number}&per_page={size}" for number in (1, page + 1))
            headers["Link"] = f'<{first}>; rel="first", <{following}>; rel="next"'
        return Reply(chunk if key is None else {"total_count": len(items), key: chunk}, headers=headers)

    return reply


def problem(status: int, message: str, **more: object) -> Reply:
    headers = more.pop("headers", {})
    assert isinstance(headers, dict)
    return Reply({"message": message, "documentation_url": "https://docs.github.com", **more}, status, headers)
