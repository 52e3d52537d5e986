"""The pipeline that `envsync init --pipeline` writes, run for real by act against a local AWS.

act knows no environments: it has one set of variables and secrets for all jobs, asks nobody for approval, and
gives no token. So each job's expressions are pointed at what its environment declares, as GitHub resolves them.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.aws import identity
from support.aws_nursery import aws_nursery
from support.workflows import Project

from envsync.config import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.aws import LocalAWS
    from support.workflows import Run

REPOSITORY = "acme/payments"
FUNCTIONS = {"staging": "payments-staging", "production": "payments"}
_JOB = re.compile(r"^  (?=[a-z-]+:\n)", re.MULTILINE)
_ENVIRONMENT = re.compile(r"^    environment: (.+?)(?: #.*)?$", re.MULTILINE)
_USE = re.compile(r"\b(vars|secrets)\.([A-Z_]+)")
_INPUT = "${{ inputs.environment }}"

HANDLER = """\
def handler(event, context):
    if context.function_name in {broken!r}:
        raise RuntimeError("the database is not there")
    return {{"statusCode": 200, "release": {release!r}}}
"""


def source(release: str, *, broken: tuple[str, ...] = ()) -> dict[str, str]:
    """An application that tells its release; `broken`: the functions as which it does not work."""
    return {"src/app.py": HANDLER.format(release=release, broken=broken)}


@dataclass
class Pipeline:
    """A repository with the pipeline. `channels`: variables and secrets of notifications, in each environment."""

    folder: Path
    aws: LocalAWS
    begun: tuple[str, ...] = ("--pipeline", "--reviewer", "acme/ops", "--no-workflows", "--repository", REPOSITORY)
    channels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        commands = (aws_nursery().folder,)
        self.project = Project(self.folder, "http://127.0.0.1:9", begun=self.begun, commands=commands)
        self.written = {
            name: (self.project.repo / ".github/workflows" / name).read_text(encoding="utf-8")
            for name in ("deploy.yml", "rollback.yml")
        }

    def release(self, name: str, *, broken: tuple[str, ...] = (), branch: str = "main") -> Run:
        """Push it, and see the workflow through."""
        return self.run("push", {"ref": f"refs/heads/{branch}"}, files=source(name, broken=broken), branch=branch)

    def roll_back(self, environment: str, version: str = "", reason: str = "it is too slow") -> Run:
        inputs = {"environment": environment, "version": version, "reason": reason}
        event = {"ref": "refs/heads/main", "inputs": inputs}
        return self.run("workflow_dispatch", event, workflow="rollback.yml", environment=environment)

    def run(
        self,
        event: str,
        payload: dict[str, Any],
        *,
        files: Mapping[str, str] | None = None,
        branch: str = "main",
        workflow: str = "deploy.yml",
        environment: str = "",
    ) -> Run:
        """`environment`: that the inputs name. Each run has artifacts of its own."""
        shutil.rmtree(self.folder / "artifacts", ignore_errors=True)
        text = self.written[workflow].replace(f"environment: {_INPUT}", f"environment: {environment}")
        self.project.git("checkout", "-q", "-B", branch)
        self.project.commit("a change", {**(files or {}), f".github/workflows/{workflow}": self._resolved(text)})
        whole = {"repository": {"full_name": REPOSITORY, "default_branch": "main"}, **payload}
        return self.project.act(event, workflow, whole, *self._of_aws())

    def reports(self) -> dict[str, dict[str, Any]]:
        """Those that the last run kept, by environment."""
        found = (self.folder / "artifacts").glob("report-*/report.json")
        return {
            each.parent.name.removeprefix("report-"): json.loads(each.read_text(encoding="utf-8"))
            for each in found
        }

    def _of_aws(self) -> Iterator[str]:
        """Where it is; no key: what runs has to take on a role."""
        for name, value in self.aws.environ().items():
            if "KEY" not in name and name != "PATH":
                yield from ("--env", f"{name}={value}")

    def _resolved(self, text: str) -> str:
        """Each job with what its environment declares, and with a token where it may ask for one."""
        head, *jobs = _JOB.split(text)
        return "  ".join([head, *map(self._in_its_environment, jobs)])

    def _in_its_environment(self, job: str) -> str:
        named = _ENVIRONMENT.search(job)
        if named is None:
            assert not _USE.search(job), "a job with no environment has nothing"
            return job
        name = named[1]
        for kind, values in self._declared(name).items():
            known = self.project.variables if kind == "vars" else self.project.secrets
            known.update({f"{_prefix(name)}{each}": value for each, value in values.items()})
        own = _USE.sub(rf"\1.{_prefix(name)}\2", job)
        if "id-token: write" in job:
            own = own.replace(
                "    env:\n", f"    env:\n      STANDIN_ID_TOKEN: {identity(self.aws.subject(name))}\n", 1
            )
        return own

    def _declared(self, name: str) -> dict[str, dict[str, str]]:
        (repository,) = load([self.project.repo / "environments.yaml"]).desired({})
        environment = next(each for each in repository.environments if each.name == name)
        variables = dict(environment.variables)
        secrets = dict.fromkeys(environment.secrets, self.aws.roles.get(name, ""))
        secret = {
            each: value for each, value in self.channels.items() if each in {"SLACK_WEBHOOK_URL", "MAIL_PASSWORD"}
        }
        return {
            "vars": {**variables, **{each: value for each, value in self.channels.items() if each not in secret}},
            "secrets": {**secrets, **secret},
        }


def _prefix(environment: str) -> str:
    return environment.upper().replace("-", "_") + "__"
