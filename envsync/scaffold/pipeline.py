"""The workflows of a pipeline, put together from pieces: what is the same twice stands in one of them once."""

from __future__ import annotations

import re
from enum import StrEnum
from textwrap import indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = ".github/pipeline"
DEPLOYMENT = ".github/workflows/deploy.yml"
ROLLBACK = ".github/workflows/rollback.yml"
_PLACE = re.compile(r"^( *)# <([a-z]+)(?: ([a-z]+))?>\n", re.MULTILINE)
_FIELD = re.compile(r"(?<!\$)\{([a-z_]+)\}")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_LAMBDAS = re.compile(r"\bvars\.LAMBDA_(?:FUNCTION|ALIAS)\b")
_STEPS = ("deploy", "check", "roll_back")
_COMMON = ("README.md", "build.sh", "report.py", "notify.py")
TO_FILL_IN = frozenset(
    f"{FOLDER}/{name}" for name in ("README.md", "build.sh", "deploy.sh", "check.sh", "roll-back.sh")
)


class Pipeline(StrEnum):
    """What it deploys. `GENERIC`: nothing yet; its three commands are to be filled in."""

    LAMBDA = "lambda"
    GENERIC = "generic"


_OWN: Mapping[Pipeline, tuple[str, ...]] = {
    Pipeline.LAMBDA: (
        *("deploy.py", "check.py", "roll_back.py"),
        *("alias.py", "answer.py", "aws.py", "by_hand.py", "step.py"),
        "aws-roles.yml",
    ),
    Pipeline.GENERIC: ("deploy.sh", "check.sh", "roll-back.sh"),
}
_WORDS: Mapping[Pipeline, Mapping[str, str]] = {
    Pipeline.LAMBDA: {
        "contract": f"{FOLDER}/deploy.py, check.py and roll_back.py",
        "deploy": f"python3 {FOLDER}/deploy.py",
        "check": f"python3 {FOLDER}/check.py",
        "roll_back": f"python3 {FOLDER}/roll_back.py",
    },
    Pipeline.GENERIC: {
        "contract": f"{FOLDER}/deploy.sh, check.sh and roll-back.sh",
        "deploy": f"bash {FOLDER}/deploy.sh",
        "check": f"bash {FOLDER}/check.sh",
        "roll_back": f"bash {FOLDER}/roll-back.sh",
    },
}
_PIECES: Mapping[Pipeline, tuple[str, ...]] = {
    Pipeline.LAMBDA: ("permissions", "settings", "credentials"),
    Pipeline.GENERIC: ("settings",),
}
_DEPLOYMENT = {
    "kind": "deployment",
    "digest": "${{ needs.build.outputs.digest }}",
    "reason": '""',
}
_ROLLBACK = {
    "environment": "${{ inputs.environment }}",
    "kind": "rollback",
    "digest": '""',
    "reason": "${{ inputs.reason }}",
}


def pipeline_files(pipeline: Pipeline, template: Callable[[str], str]) -> dict[str, str]:
    """Texts by their path from the top of a checkout. `template` gives the text of one of the package's."""
    writer = _Writer(pipeline, template)
    workflows = {
        DEPLOYMENT: writer.filled(template("deploy.yml"), {}),
        ROLLBACK: writer.filled(template("rollback.yml"), _ROLLBACK),
    }
    scripts = {f"{FOLDER}/{name}": template(name) for name in scripts_of(pipeline)}
    return {**workflows, **scripts}


def scripts_of(pipeline: Pipeline) -> tuple[str, ...]:
    """Names of the files in its folder."""
    return (*_COMMON, *_OWN[pipeline])


def without_comments(workflow: str) -> str:
    """A comment calls nothing."""
    return _COMMENT.sub("", workflow)


def pipeline_of(workflow: str) -> Pipeline | None:
    """Which one a `deploy.yml` is, by what its steps call and its jobs are set up with; None: nothing there tells.

    A team that put a command of its own in the place of one has the pipeline all the same: what the Lambda's jobs
    take from their environment stands there still. All three of the generic one may deploy a Lambda function, too.
    """
    code = without_comments(workflow)
    lambdas, generics = (_calls(each, code) for each in (Pipeline.LAMBDA, Pipeline.GENERIC))
    if lambdas or (_LAMBDAS.search(code) and generics < len(_STEPS)):
        return Pipeline.LAMBDA
    return Pipeline.GENERIC if generics else None


def runs_a_pipeline(workflow: str) -> bool:
    """Whether a workflow is of one at all, of whichever kind."""
    code = without_comments(workflow)
    return pipeline_of(workflow) is not None or any(f"{FOLDER}/{name}" in code for name in _COMMON)


def _calls(pipeline: Pipeline, code: str) -> int:
    """How many of its three commands are there."""
    return sum(_WORDS[pipeline][step] in code for step in _STEPS)


class _Writer:
    def __init__(self, pipeline: Pipeline, template: Callable[[str], str]) -> None:
        self._pipeline = pipeline
        self._template = template

    def filled(self, text: str, words: Mapping[str, str]) -> str:
        """With each `# <piece>` replaced by that piece, as deep as it stands, and each `{word}` by what it is."""

        def put(place: re.Match[str]) -> str:
            depth, name, environment = place.groups()
            return indent(self._piece(name, environment, words), depth)

        known = {**_WORDS[self._pipeline], **words}
        return _FIELD.sub(lambda field: known[field[1]], _PLACE.sub(put, text))

    def _piece(self, name: str, environment: str | None, words: Mapping[str, str]) -> str:
        if name == "deployment":
            return self.filled(
                self._template("pieces/deployment.yml"), {**_DEPLOYMENT, "environment": str(environment)}
            )
        if name == "telling":
            asks = self._template("pieces/asking.yml") if words["environment"] == "staging" else ""
            return self.filled(self._template("pieces/telling.yml") + asks, words)
        if name == "channels":
            return self._template("pieces/channels.yml")
        if name in _PIECES[self._pipeline]:
            return self._template(f"pieces/{self._pipeline}/{name}.yml")
        return ""
