"""What the comments of a first `environments.yaml` say, and what its environments hold, by what deploys there.

What stands behind a number sign is ready to be used: without that, and the blank after it, it is valid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from envsync.model import RepositoryName
from envsync.scaffold.pipeline import Pipeline
from envsync.scaffold.yaml_text import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


REGION = "eu-west-1"
# What a job of each environment but the gate cannot do without, in the order of the file.
NEEDED: Mapping[Pipeline, tuple[str, ...]] = {
    Pipeline.LAMBDA: (
        *("AWS_REGION", "LAMBDA_FUNCTION", "LAMBDA_ALIAS", "TEST_PAYLOAD", "TEST_EXPECTED"),
        "AWS_ROLE_ARN",
    ),
    Pipeline.GENERIC: (),
}
_DEPLOYED = ("staging", "production", "staging-rollback", "production-rollback")
_GATE = "production-approval"
_LONGEST_FUNCTION = 64  # characters, of the name of a Lambda function
_STAGING = "-staging"
_SOURCE = re.compile(r"^ *(?P<off># *)?[A-Z_]+: \{env: (?P<name>\w+)\}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Words:
    """Blocks of lines, as deep as they stand. `seen`: what the code of a pull request gets at."""

    purpose: str
    seen: str
    staging: str
    production_about: str
    production: str
    staging_rollback_about: str
    staging_rollback: str
    production_rollback_about: str
    production_rollback: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Names of variables that secrets come from. `spare`: those behind a number sign."""

    active: tuple[str, ...]
    spare: tuple[str, ...]


def words(pipeline: Pipeline | None, repository: RepositoryName) -> Words:
    match pipeline:
        case None:
            return _ALONE
        case Pipeline.LAMBDA:
            return _lambda(repository)
        case Pipeline.GENERIC:
            return _GENERIC
        case _:
            assert_never(pipeline)


def missing(pipeline: Pipeline, held: Mapping[str, Collection[str]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Names of variables and secrets -> the environments of the workflows that lack just these.

    No name: the environments themselves are missing. `held`: names by environment.
    """
    known = {name.casefold(): names for name, names in held.items()}
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for environment in (_GATE, *_DEPLOYED):
        if environment not in known:
            found[()] = (*found.get((), ()), environment)
        elif environment != _GATE:
            lacks = tuple(name for name in NEEDED[pipeline] if name not in known[environment])
            if lacks:
                found[lacks] = (*found.get(lacks, ()), environment)
    return found


def pipeline_sources(pipeline: Pipeline) -> Sources:
    """They are the same whatever the repository is called."""
    found = words(pipeline, RepositoryName("", ""))
    return sources(f"{found.staging}\n{found.production}\n{found.staging_rollback}\n{found.production_rollback}")


def sources(text: str) -> Sources:
    """Those that an `environments.yaml` names as `starter_text` writes it, each once."""
    found = {each["name"]: each["off"] is None for each in _SOURCE.finditer(text)}
    return Sources(
        tuple(name for name, active in found.items() if active),
        tuple(name for name, active in found.items() if not active),
    )


def handed_on(text: str, named: Iterable[str], pipeline: Pipeline | None) -> Sources | None:
    """What a workflow that applies an `environments.yaml` has to hand on; None: nothing is known to be.

    `named`: the sources that `text` names, however it is written. `pipeline`: what deploys beside it, which may
    need what the file does not have yet.
    """
    there, own = sources(text), pipeline_sources(pipeline) if pipeline else Sources((), ())
    active = tuple(dict.fromkeys((*own.active, *there.active, *named)))
    if not active and pipeline is None:
        return None
    spare = dict.fromkeys((*there.spare, *own.spare))
    return Sources(active, tuple(name for name in spare if name not in active))


def functions(repository: RepositoryName) -> tuple[str, str]:
    """Names that Lambda takes, of staging and of production: the repository's, until somebody says otherwise."""
    allowed = re.sub(r"[^A-Za-z0-9_-]", "-", repository.name).strip("-") or "function"
    name = allowed[: _LONGEST_FUNCTION - len(_STAGING)]
    return f"{name}{_STAGING}", name


def stack(repository: RepositoryName) -> str:
    """A name that CloudFormation takes."""
    return f"pipeline-{re.sub(r'[^A-Za-z0-9-]', '-', repository.name)}"


# --- with workflows that somebody has ----------------------------------------------------------------------

_HOLDS = """\
    # variables:
    #   AWS_REGION: eu-west-1
    # secrets:
    #   AWS_ROLE_ARN: {{env: {kind}_AWS_ROLE_ARN}}"""

_SEEN = """\
  # Pushes to develop, pull requests, and what is about to be released. Nobody is asked: the code of whoever may
  # push a branch, or open a pull request from one, sees the variables and secrets of this environment. So have
  # none in it that production has. A pull request from a fork gets no secret from GitHub."""

_GUARDED = "  # Guarded by itself too: a workflow that forgets the gate gets no further."

_ALONE = Words(
    purpose="""\
# `envsync init` wrote it, for workflows that deploy what is on develop, main and hotfix/* to staging, and what is
# on main to production. To make it yours: put your branches in place of these, and take away the # before the
# variables and secrets that your jobs need. `envsync validate` checks it, and `envsync plan --sandbox` tries it
# with no account.""",
    seen=_SEEN,
    staging=f"""\
    # A job that names this environment gets these. The value of a secret comes from a variable of the process that
    # runs envsync; it never stands in a file.
{_HOLDS.format(kind="STAGING")}""",
    production_about=_GUARDED,
    production=_HOLDS.format(kind="PRODUCTION"),
    staging_rollback_about="""\
  # A rollback starts by itself where a deployment failed: nobody is asked, and it takes the refs of staging.""",
    staging_rollback=_HOLDS.format(kind="STAGING"),
    production_rollback_about="""\
  # A rollback of production can be started by hand from main; it changes production, so somebody approves it.""",
    production_rollback=_HOLDS.format(kind="PRODUCTION"),
)

# --- with the pipeline -------------------------------------------------------------------------------------

_PURPOSE = """\
# `envsync init --pipeline` wrote it, for .github/workflows/deploy.yml and rollback.yml: what is on develop, main
# and hotfix/*, and in pull requests, goes to staging, and what is on main to production once somebody approved it.
{yours}
# Without the # before them, the lines with MAIL and SLACK turn notifications on, by e-mail and in Slack: of
# deployments, of rollbacks, and of the approval that production-approval asks for. `envsync validate` checks the
# file, and `envsync plan --sandbox` tries it with no account."""

_TWICE = """\
  # Guarded by itself too: a workflow that forgets the gate gets no further, and who approves is asked twice."""

_BY_HAND = """\
  # A rollback of staging by hand, with rollback.yml: nobody is asked. No pull request starts one."""

_URGENT = """\
  # A rollback of production by hand, with rollback.yml, from main. Somebody approves it, urgent as it is: it
  # changes production, and may take back what mended something. A deployment that fails its check does not wait
  # for that: it is rolled back within its own job, where nobody is asked."""

_COME_FROM = """\
    # The value of a secret comes from a variable of the process that runs envsync, where that is the workflow
    # envsync-apply.yml from a line in each of its steps that plan or apply; it never stands in a file."""

_MAIL = ("MAIL_SERVER: smtp.example.com:587", "MAIL_FROM: deployments@example.com", "MAIL_TO: team@example.com")
_NOTIFIES = ("MAIL_USERNAME", "MAIL_PASSWORD", "SLACK_WEBHOOK_URL")


def _spare(indent: str, kind: str = "") -> tuple[str, str]:
    """Variables and secrets of notifications, each line after `indent`."""
    secrets = (f"{name}: {{env: {kind}_{name}}}" for name in _NOTIFIES)
    return "\n".join(f"{indent}{each}" for each in _MAIL), "\n".join(f"{indent}{each}" for each in secrets)


def _anything(kind: str) -> str:
    variables, secrets = _spare("    #   ", kind)
    return f"    # variables:\n{variables}\n    # secrets:\n{secrets}"


_GENERIC = Words(
    purpose=_PURPOSE.format(
        yours="""\
# To make it yours: add what your three scripts need, and put your branches in place of these, here and in the
# workflows."""
    ),
    seen=f"{_SEEN}\n  # It is built and tested, and not deployed.",
    staging=f"""\
    # What deploy.sh, check.sh and roll-back.sh in .github/pipeline need of this environment comes here, and under
    # the `env` of the jobs in deploy.yml and rollback.yml.
{_COME_FROM}
{_anything("STAGING")}""",
    production_about=_TWICE,
    production=_anything("PRODUCTION"),
    staging_rollback_about=_BY_HAND,
    staging_rollback=_anything("STAGING"),
    production_rollback_about=_URGENT,
    production_rollback=_anything("PRODUCTION"),
)

_LAMBDA_SEEN = """\
  # Pushes to develop, pull requests, and what is about to be released. Nobody is asked: the code of whoever may
  # push a branch, or open a pull request from one, sees the variables and secrets of this environment, and can do
  # what its role may. So have none in it that production has, and let the role reach nothing of production. A pull
  # request from a fork gets no secret from GitHub: it is built and tested, and not deployed."""

_LITTLE = "\n  # Its role can publish nothing; it can move any alias of its function."


def _variables(function: str) -> str:
    return f"""\
      AWS_REGION: {REGION}
      LAMBDA_FUNCTION: {quoted(function)}
      LAMBDA_ALIAS: live # whoever calls the function calls this alias of it: it says which version serves
      TEST_PAYLOAD: '{{"check": "health"}}' # what each deployment is checked with,
      TEST_EXPECTED: '{{"statusCode": 200}}' # and what the answer has to have in it"""


def _role(kind: str) -> str:
    return f"      AWS_ROLE_ARN: {{env: {kind}_AWS_ROLE_ARN}}"


def _both(function: str, kind: str) -> str:
    """Of the deployment, with anchors for the rollback."""
    anchor = kind.lower()
    variables, secrets = _spare("      # ", kind)
    return f"""\
    variables: &{anchor}-variables
{_variables(function)}
{variables}
    secrets: &{anchor}-secrets
{_role(kind)}
{secrets}"""


def _same_but_role(kind: str) -> str:
    anchor = kind.lower()
    return f"""\
    variables: *{anchor}-variables # as above, of the same function
    secrets:
      <<: *{anchor}-secrets # as above, but for the role
{_role(f"{kind}_ROLLBACK")}"""


def _lambda(repository: RepositoryName) -> Words:
    staging, production = functions(repository)
    return Words(
        purpose=_PURPOSE.format(
            yours="# To make it yours: put your functions in place of these, and your branches, here and in the "
            "workflows."
        ),
        seen=_LAMBDA_SEEN,
        staging=f"{_COME_FROM}\n{_both(staging, 'STAGING')}",
        production_about=_TWICE,
        production=_both(production, "PRODUCTION"),
        staging_rollback_about=_BY_HAND + _LITTLE,
        staging_rollback=_same_but_role("STAGING"),
        production_rollback_about=_URGENT + _LITTLE,
        production_rollback=_same_but_role("PRODUCTION"),
    )
