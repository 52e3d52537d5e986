"""Workflows that run for real, with act, as jobs on this machine. GitHub is the sandbox, its actions stand-ins.

What act does not do, and so no test here can show, stands in docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from support.shell import ROOT, Shell

if TYPE_CHECKING:
    from collections.abc import Mapping

ACT = Path(sys.executable).with_name("act")
WORKFLOWS = ROOT / ".github" / "workflows"
_FROM_OUTSIDE = re.compile(r"(PIP_|SSL_|REQUESTS_|CURL_|UV_)")  # how this machine reaches a package registry
_PIP_OF_THE_USER = [Path.home() / place for place in (".config/pip/pip.conf", ".pip/pip.conf")]
_USES = re.compile(r"uses: ((?:actions|aws-actions)/([a-z-]+)@[0-9a-f]{40})")

_STAND_INS = {
    "checkout": """\
name: checkout
description: A stand-in, which fetches from the repository that STANDIN_REMOTE names
inputs:
  ref: {description: x, default: ""}
  path: {description: x, default: ""}
  persist-credentials: {description: x, default: "true"}
runs:
  using: composite
  steps:
    - shell: bash
      env: {REF: "${{ inputs.ref || github.sha }}", DIR: "${{ inputs.path || '.' }}"}
      run: git init -q "$DIR"; cd "$DIR"; git fetch -q "$STANDIN_REMOTE" "$REF" && git checkout -q -f FETCH_HEAD
""",
    "upload-artifact": """\
name: upload-artifact
description: A stand-in, which copies to the folder that STANDIN_ARTIFACTS names
inputs:
  name: {description: x, required: true}
  path: {description: x, required: true}
  if-no-files-found: {description: x, default: warn}
  overwrite: {description: x, default: "false"}
  retention-days: {description: x, default: ""}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FROM: "${{ inputs.path }}", OVERWRITE: "${{ inputs.overwrite }}"}
      run: |
        [ -e "$FROM" ] || exit 1
        [ "$OVERWRITE" = true ] || [ ! -e "$STANDIN_ARTIFACTS/$NAME" ] || exit 1
        [ ! -d "$FROM" ] || FROM="$FROM/."
        mkdir -p "$STANDIN_ARTIFACTS/$NAME" && cp -r "$FROM" "$STANDIN_ARTIFACTS/$NAME/"
""",
    "download-artifact": """\
name: download-artifact
description: A stand-in, which copies from the folder that STANDIN_ARTIFACTS names
inputs:
  name: {description: x, default: ""}
  pattern: {description: x, default: ""}
  path: {description: x, required: true}
  merge-multiple: {description: x, default: "false"}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name || inputs.pattern }}", TO: "${{ inputs.path }}"}
      run: |
        mkdir -p "$TO"
        for artifact in "$STANDIN_ARTIFACTS"/$NAME; do
          cp "$artifact/"* "$TO/" # as with merge-multiple, or with one name
        done
""",
    "configure-aws-credentials": """\
name: configure-aws-credentials
description: A stand-in, which shows the token in STANDIN_ID_TOKEN, that GitHub would give to this job
inputs:
  role-to-assume: {description: x, required: true}
  aws-region: {description: x, required: true}
runs:
  using: composite
  steps:
    - shell: bash
      env: {ROLE: "${{ inputs.role-to-assume }}", AWS_REGION: "${{ inputs.aws-region }}"}
      run: |
        [ -n "$STANDIN_ID_TOKEN" ] || { echo "this job may not ask for a token"; exit 1; }
        keys=$(aws sts assume-role-with-web-identity --role-arn "$ROLE" --role-session-name pipeline \\
          --web-identity-token "$STANDIN_ID_TOKEN" --output text \\
          --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
        read -r id secret token <<< "$keys"
        printf '%s\\n' "AWS_ACCESS_KEY_ID=$id" "AWS_SECRET_ACCESS_KEY=$secret" "AWS_SESSION_TOKEN=$token" \\
          "AWS_REGION=$AWS_REGION" >> "$GITHUB_ENV"
""",
}


@dataclass
class Step:
    """`result`: success, failure or skipped."""

    result: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Run:
    """What came of a run. Jobs that were skipped are not in `jobs`, nor are their steps in `steps`."""

    code: int
    jobs: dict[str, str]
    steps: dict[str, Step]  # by the names that the workflow gives them
    annotations: list[dict[str, Any]]  # command, arg, kvPairs
    log: str  # what the steps printed


@dataclass
class Project:
    """A repository with envsync's workflows. `installed`: with the envsync under test, else they install it.

    They are this repository's own, or those that `envsync init` writes with the arguments `begun`.
    `commands`: folders that go first on PATH.
    """

    folder: Path
    api_url: str
    repository: str = "acme/payments"
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    installed: bool = True
    begun: tuple[str, ...] | None = None
    commands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.repo.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "dev@example.invalid")
        self.git("config", "user.name", "dev")
        self.git("remote", "add", "origin", f"https://github.com/{self.repository}.git")
        if self.begun is None:
            self._copy()
        else:
            Shell(self.repo).ok("init", "-q", *self.begun)
        if self.installed:
            for workflow in (self.repo / ".github/workflows").glob("envsync-*.yml"):
                workflow.write_text(_as_installed(workflow.read_text(encoding="utf-8")), encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        """Another workflow, which uses the action as `envsync init` copies it."""
        place = self.repo / ".github/workflows" / name
        place.write_text(_as_installed(text) if self.installed else text, encoding="utf-8")

    def _copy(self) -> None:
        for path in self._sources():
            place = self.repo / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, place)

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "commit.gpgsign=false", *arguments],
            cwd=self.repo,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, files: Mapping[str, str] = MappingProxyType({})) -> str:
        """Commit `files` with all that lies there. The commit's hash."""
        for name, text in files.items():
            place = self.repo / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def pull_request(self, number: int, *, fork: bool = False) -> dict[str, Any]:
        """The event for what is checked out, against main."""
        full_name = "stranger/payments" if fork else self.repository
        return {
            "action": "synchronize",
            "number": number,
            "pull_request": {
                "number": number,
                "head": {
                    "ref": "change",
                    "sha": self.git("rev-parse", "HEAD"),
                    "repo": {"fork": fork, "full_name": full_name},
                },
                "base": {"ref": "main", "sha": self.git("rev-parse", "main")},
            },
            "repository": {"full_name": self.repository, "default_branch": "main"},
        }

    def push(self) -> dict[str, Any]:
        return {
            "ref": "refs/heads/main",
            "repository": {"full_name": self.repository, "default_branch": "main"},
        }

    def act(
        self, event: str, workflow: str, payload: dict[str, Any], *arguments: str, timeout: float = 300.0
    ) -> Run:
        """Run one workflow. Every action that is not ours has a stand-in; nothing else is reached for."""
        files = {name: self.folder / name for name in ("event.json", "secrets", "variables")}
        files["event.json"].write_text(json.dumps(payload), encoding="utf-8")
        files["secrets"].write_text(_dotenv(self.secrets), encoding="utf-8")
        files["variables"].write_text(_dotenv(self.variables), encoding="utf-8")
        done = subprocess.run(
            [
                *(str(ACT), event, "-C", str(self.repo), "-e", str(files["event.json"])),
                *("-W", str(self.repo / ".github/workflows" / workflow)),
                *("-P", "ubuntu-latest=-self-hosted", "--json", "--rm", "--no-cache-server", "--no-skip-checkout"),
                *("--concurrent-jobs", "1", "--action-cache-path", str(self.folder / "cache")),
                *("--env-file", "/dev/null", "--input-file", "/dev/null"),
                *("--secret-file", str(files["secrets"]), "--var-file", str(files["variables"])),
                *("--env", f"GITHUB_API_URL={self.api_url}", "--env", f"STANDIN_REMOTE={self.repo}"),
                *("--env", f"STANDIN_ARTIFACTS={self.folder / 'artifacts'}"),
                *self._stand_ins(workflow),
                *arguments,
            ],
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return _run(done.returncode, done.stdout)

    def _environ(self) -> dict[str, str]:
        """On the host act hands all of its own environment to every step: so it gets little."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        outside = {name: value for name, value in os.environ.items() if _FROM_OUTSIDE.match(name)}
        if own := next((place for place in _PIP_OF_THE_USER if place.is_file()), None):
            outside.setdefault("PIP_CONFIG_FILE", str(own))  # which pip would look for in HOME
        path = os.pathsep.join([*self.commands, *self._path()])
        return {**outside, "PATH": path, "HOME": str(home), "ACT_DISABLE_VERSION_CHECK": "1", "NO_COLOR": "1"}

    def _path(self) -> list[str]:
        """With the envsync under test, or with none, and the Python of this run in either case."""
        path = os.environ["PATH"].split(os.pathsep)
        if self.installed:
            return [str(Path(sys.executable).parent), *path]
        python = self.folder / "bin" / "python3"
        if not python.exists():
            python.parent.mkdir()
            python.symlink_to(Path(sys.executable).resolve())
        return [str(python.parent), *(each for each in path if not Path(each, "envsync").exists())]

    def _stand_ins(self, workflow: str) -> list[str]:
        text = (self.repo / ".github/workflows" / workflow).read_text(encoding="utf-8")
        arguments: list[str] = []
        for used, name in sorted(set(_USES.findall(text))):
            place = self.folder / "stand-ins" / name
            place.mkdir(parents=True, exist_ok=True)
            (place / "action.yml").write_text(_STAND_INS[name], encoding="utf-8")
            arguments += ["--local-repository", f"{used}={place}"]
        return arguments

    def _sources(self) -> list[str]:
        """What is needed of this repository: its action and workflows, and to install it, all that is packaged."""
        wanted = ["action.yml", ".github"] if self.installed else ["."]
        done = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *wanted],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        left_out = ("tests/", "docs/", "environments.yaml")
        found = (path for path in done.stdout.splitlines() if not path.startswith(left_out))
        return [path for path in found if (ROOT / path).is_file()]


def _as_installed(workflow: str) -> str:
    return re.sub(r"( +)uses: \./.*\n +with:\n", r"\g<0>\1  version: installed\n", workflow)


def _dotenv(values: dict[str, str]) -> str:
    return "".join(
        f"{name}='{value}'\n" if '"' in value else f'{name}="{value}"\n' for name, value in values.items()
    )


def _run(code: int, stdout: str) -> Run:
    lines = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    return Run(
        code=code,
        jobs={line["jobID"]: line["jobResult"] for line in lines if "jobResult" in line},
        steps=_steps(lines),
        annotations=[line for line in lines if line.get("command") in {"error", "warning", "notice"}],
        log="".join(str(line["msg"]) for line in lines if line.get("raw_output")),
    )


def _steps(lines: list[dict[str, Any]]) -> dict[str, Step]:
    """Those of the workflow: a composite action's own steps have two ids, and tell what it tells once more."""
    steps: dict[str, Step] = defaultdict(Step)
    for line in lines:
        if line.get("stage") != "Main" or len(line["stepID"]) != 1:
            continue
        step = steps[line["step"]]
        step.result = line.get("stepResult", step.result)
        if line.get("command") == "set-output":
            step.outputs[line["name"]] = line["arg"]
        if line.get("command") == "summary":
            step.summary += line["content"]
    return dict(steps)
