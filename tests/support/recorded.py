"""The command with a record key, a GitHub whose time the test moves, and somebody else who writes to it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nacl.public import PublicKey, SealedBox
from support.openapi import check_exchange
from support.sandbox_http import Clock, Result, client
from support.schemas import check
from support.shell import Shell

from envsync.sandbox import FULL_TOKEN, Exchange, Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from support.shell import Ran

    from envsync.sandbox.state import Environment

    Environ = Mapping[str, str]  # variables of a process

KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4
RECORD = "ENVSYNC_RECORD"
WRITES = ("PUT", "POST", "PATCH", "DELETE")
REPOSITORY = "acme/payments"

NO_MORE: Environ = MappingProxyType({})

Json = dict[str, Any]


@dataclass
class Recorded:
    sandbox: Sandbox
    shell: Shell
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)
    values: dict[tuple[str, str], str] = field(default_factory=dict)  # of secrets, by environment and name
    meddle: Callable[[Exchange], None] = lambda _exchange: None  # between a request's work and its answer

    # --- envsync ---

    def file(self, *lines: str, name: str = "payments", path: str = "environments.yaml") -> None:
        head = f"version: 1\nname: {name}\nrepositories: [{REPOSITORY}]\n"
        self.shell.write(head + "\n".join(lines) + "\n", path)

    def plan(self, *arguments: str, code: int = 0, environ: Environ = NO_MORE, **more: str) -> Json:
        ran = self.shell.run("plan", "-o", "json", *arguments, stdin="", timeout=120, **environ, **more)
        assert ran.code == code, ran
        found: Json = check("plan", ran.out)
        return found

    def apply(self, *arguments: str, code: int = 0, environ: Environ = NO_MORE, **more: str) -> Ran:
        """A minute later, so that no write looks like one of the apply before."""
        self.clock.advance(60)
        self.exchanges.clear()
        ran = self.shell.run("apply", "--yes", *arguments, stdin="", timeout=300, **environ, **more)
        assert ran.code == code, ran
        return ran

    def settled(self, environ: Environ = NO_MORE) -> bool:
        """Whether there is nothing to do at all, the records included."""
        plan = self.plan(environ=environ)
        return not (plan["changes"] or plan["unread"] or plan["unmet"]) and all(
            each["next"] == "keep" for each in plan["records"]
        )

    def written(self) -> list[str]:
        """The requests of the last apply that wrote, less what stands before the environment's name."""
        return [
            f"{each.method} {each.path.rpartition('/environments/')[2]}"
            for each in self.exchanges
            if each.method in WRITES
        ]

    # --- GitHub, and somebody else on it ---

    def there(self, environment: str, repository: str = REPOSITORY) -> Environment:
        return self.sandbox.state.environment(repository, environment)

    def environments(self, repository: str = REPOSITORY) -> set[str]:
        return {each.name for each in self.sandbox.state.repositories[repository].environments.values()}

    def record(self, environment: str = "production", repository: str = REPOSITORY) -> Json:
        found: Json = json.loads(self.text(environment, repository))
        return found

    def text(self, environment: str = "production", repository: str = REPOSITORY) -> str:
        return self.there(environment, repository).variables[RECORD].value

    def has_record(self, environment: str = "production") -> bool:
        return RECORD in self.there(environment).variables

    def call(self, method: str, path: str, body: object = None, *, repository: str = REPOSITORY) -> Result:
        with client(self.sandbox.url) as another_tool:
            answer = another_tool(method, f"/repos/{repository}/environments/{path}", body)
        assert answer.status < 300, answer
        return answer

    def put_record(self, text: str, environment: str = "production", repository: str = REPOSITORY) -> None:
        """As anybody can who may write variables."""
        variables = f"{environment}/variables"
        if RECORD in self.there(environment, repository).variables:
            self.call("PATCH", f"{variables}/{RECORD}", {"value": text}, repository=repository)
        else:
            self.call("POST", variables, {"name": RECORD, "value": text}, repository=repository)

    def put_secret(self, name: str, value: str, environment: str = "production") -> None:
        key = self.call("GET", f"{environment}/secrets/public-key").json
        sealed = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(value.encode())
        body = {"key_id": key["key_id"], "encrypted_value": b64encode(sealed).decode()}
        self.call("PUT", f"{environment}/secrets/{name}", body)


@contextmanager
def recorded(folder: Path) -> Iterator[Recorded]:
    clock, shell = Clock(), Shell(folder)
    values: dict[tuple[str, str], str] = {}

    def keep(_repository: str, environment: str, name: str, value: bytes) -> None:
        values[environment, name] = value.decode()

    def observe(exchange: Exchange) -> None:
        lab.exchanges.append(exchange)
        check_exchange(exchange)
        lab.meddle(exchange)

    options = Options(now=clock, on_secret=keep, rate_limit=None)  # nothing waits: the limits have their own tests
    with Sandbox(observe=observe, options=options) as sandbox:
        sandbox.seed(users=["ann", "bob"], repositories=[("acme", "payments"), ("acme", "web")])
        shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN, "ENVSYNC_RECORD_KEY": KEY}
        lab = Recorded(sandbox, shell, clock, values=values)
        yield lab


def by_name(plan: Json, part: str) -> dict[str, Json]:
    """Changes, secrets or records of a plan, by their name, or by their environment where they have none."""
    return {each.get("name") or each["environment"]: each for each in plan[part]}


def told(plan: Json) -> dict[str, tuple[str, str, str]]:
    """Of each change by name: action, risk and origin."""
    return {
        name: (each["action"], each["risk"], each["origin"]) for name, each in by_name(plan, "changes").items()
    }
