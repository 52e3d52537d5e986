"""Repositories as GitHub shows them: of three sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.sandbox.account_shapes import node_id, permissions_of, simple_user
from envsync.sandbox.state import role_of_user

if TYPE_CHECKING:
    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call
    from envsync.sandbox.state import Account, Repository

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def minimal(call: Call, repository: Repository, owner: Account) -> Shape:
    url = f"{call.api}/repos/{repository.full_name}"
    html_url = f"{call.site}/{repository.full_name}"
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "visibility": "private" if repository.private else "public",
        "owner": simple_user(call, owner),
        "html_url": html_url,
        "url": url,
        "description": None,
        "fork": repository.fork,
        "archived": repository.archived,
        "disabled": False,
        "default_branch": "main",
        "created_at": repository.created_at,
        "updated_at": repository.created_at,
        "pushed_at": repository.created_at,
        "permissions": dict(permissions_of(role_of_user(call.state, repository, call.token.login))),
        **{name: url + suffix for name, suffix in _LINKS.items()},
    }


def usual(call: Call, repository: Repository, owner: Account) -> Shape:
    html_url = f"{call.site}/{repository.full_name}"
    zeros = ("forks", "forks_count", "size", "stargazers_count", "watchers")
    open_issues = sum(issue.state == "open" for issue in repository.issues.values())
    return {
        **minimal(call, repository, owner),
        **dict.fromkeys((*zeros, "watchers_count"), 0),
        "open_issues": open_issues,
        "open_issues_count": open_issues,
        "clone_url": f"{html_url}.git",
        "git_url": f"git:{html_url.partition(':')[2]}.git",
        "ssh_url": f"git@127.0.0.1:{repository.full_name}.git",
        "svn_url": html_url,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "has_downloads": True,
        "has_issues": repository.has_issues,
        "has_projects": True,
        "has_wiki": True,
        "has_pages": False,
        "has_discussions": False,
    }


def full(call: Call, repository: Repository, owner: Account) -> Shape:
    shape = {**usual(call, repository, owner), "network_count": 0, "subscribers_count": 0}
    if owner.type == "Organization":
        shape["organization"] = simple_user(call, owner)
    return shape
