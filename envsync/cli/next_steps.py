"""What a person does after `envsync init`, in order. In 80 columns, links excepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from envsync.github.links import Need, app_link, environments_link, token_link
from envsync.model import RepositoryName
from envsync.scaffold.pipeline import FOLDER, Pipeline
from envsync.scaffold.starter_words import REGION, functions, pipeline_sources, stack

if TYPE_CHECKING:
    from collections.abc import Iterator

_GUARDS = """\
     envsync-plan    refs/pull/*/merge  the reading App
     envsync-drift   main               the reading App, the record key
     envsync-apply   main               the writing App, the record key, and
                                        what the file names as sources
     envsync-grant   main               the same, and required reviewers: their
                                        approval lets an apply weaken something
   An App is the variable ENVSYNC_APP_ID and the secret ENVSYNC_APP_PRIVATE_KEY,
   the record key the secret ENVSYNC_RECORD_KEY."""
_NOBODYS = RepositoryName("OWNER", "REPO")
_PAGE = f"{FOLDER}/README.md"


@dataclass(frozen=True, slots=True)
class Checkout:
    """`repository`: None where nobody has told. `organization`: whether its owner is known to be one."""

    repository: RepositoryName | None
    organization: bool
    api_url: str
    workflows: bool
    pipeline: Pipeline | None = None


def next_steps(checkout: Checkout) -> str:
    steps = [
        ["Read environments.yaml: its comments tell what each line is for."],
        *([[*_build(checkout.pipeline)]] if checkout.pipeline else []),
        ["Try it with no account and no token:", *_tries(checkout)],
        *([[*_roles(checkout)]] if checkout.pipeline is Pipeline.LAMBDA else []),
        [*_apps(checkout)] if checkout.workflows else [*_token(checkout)],
        [
            "Make the record key, if you have none yet, and keep it with the others:",
            "  openssl rand -hex 32",
        ],
        *([[*_guards(checkout)]] if checkout.workflows else []),
        [*_go(checkout)],
    ]
    return "Next:\n" + "\n".join(_numbered(number, step) for number, step in enumerate(steps, start=1))


def _numbered(number: int, step: list[str]) -> str:
    first, *others = step
    return "\n".join([f"{number}. {first}", *(f"   {line}" for line in others)])


def _tries(checkout: Checkout) -> Iterator[str]:
    if checkout.pipeline:
        yield "  envsync validate"
    yield "  envsync plan --sandbox"


def _build(pipeline: Pipeline) -> Iterator[str]:
    match pipeline:
        case Pipeline.LAMBDA:
            yield "Put the names of your functions into environments.yaml, and make the build"
            yield f"yours: {FOLDER}/build.sh tests, scans and packages."
        case Pipeline.GENERIC:
            yield f"Write the scripts in {FOLDER}: build.sh tests, scans and packages;"
            yield "deploy.sh, check.sh and roll-back.sh say in themselves what each has to do."
        case _:
            assert_never(pipeline)


def _roles(checkout: Checkout) -> Iterator[str]:
    repository = checkout.repository or _NOBODYS
    staging, production = functions(repository)
    yield "Make the roles in AWS, one for each environment; the second command prints"
    yield "their ARNs, each with the name that envsync looks for it under:"
    yield f"  aws cloudformation deploy --region {REGION} \\"
    yield f"    --stack-name {stack(repository)} --capabilities CAPABILITY_IAM \\"
    yield f"    --template-file {FOLDER}/aws-roles.yml --parameter-overrides \\"
    yield f"    Repository={repository} \\"
    yield f"    StagingFunction={staging} ProductionFunction={production}"
    yield f"  aws cloudformation describe-stacks --region {REGION} \\"
    yield f"    --stack-name {stack(repository)} --query 'Stacks[0].Outputs' --output table"
    yield "Was it made, renamed or moved after 15 July 2026? Then GitHub puts numbers"
    yield "into its tokens, and Repository is what this prints:"
    yield f"  gh api repos/{repository} \\"
    yield r"""    --jq '"\(.owner.login)@\(.owner.id)/\(.name)@\(.id)"'"""


def _need(checkout: Checkout, *, writes: bool) -> Need:
    owner = checkout.repository.owner if checkout.repository is not None and checkout.organization else None
    return Need(owner, writes=writes, teams=writes)


def _apps(checkout: Checkout) -> Iterator[str]:
    where = "on the repository" if checkout.repository is None else f"on {checkout.repository}"
    yield "Make two GitHub Apps, one that reads and one that writes; these pages have"
    yield "the permissions filled in. Make a private key for each, and install both"
    yield f"{where}:"
    yield f"  {app_link(checkout.api_url, _need(checkout, writes=False))}"
    yield f"  {app_link(checkout.api_url, _need(checkout, writes=True))}"
    yield from _organizations(checkout)


def _token(checkout: Checkout) -> Iterator[str]:
    yield "Make a token, with the permissions filled in, and set it as GH_TOKEN:"
    yield f"  {token_link(checkout.api_url, _need(checkout, writes=True))}"
    yield from _organizations(checkout)


def _organizations(checkout: Checkout) -> Iterator[str]:
    """No login tells whether it is a user's or an organization's."""
    if not checkout.organization:
        owner = "LOGIN" if checkout.repository is None else checkout.repository.owner
        yield "That is for an account of your own. For an organization:"
        yield f"  envsync credentials --organization {owner}"


def _guards(checkout: Checkout) -> Iterator[str]:
    yield "Make the environments that hold those keys, by hand: whoever may change them"
    yield "can make envsync do something. Each with its branches, and what it holds:"
    if checkout.repository is not None:
        yield f"  {environments_link(checkout.api_url, checkout.repository)}"
    yield from (line.removeprefix("   ") for line in _GUARDS.split("\n"))
    if checkout.pipeline and (names := pipeline_sources(checkout.pipeline).active):
        yield "The sources are secrets, too, and the ARNs of the roles their values:"
        yield from (f"  {name}" for name in names)


def _go(checkout: Checkout) -> Iterator[str]:
    given = "ENVSYNC_APP_ID with ENVSYNC_APP_PRIVATE_KEY_FILE" if checkout.workflows else "GH_TOKEN"
    if checkout.pipeline and pipeline_sources(checkout.pipeline).active:
        yield "Check that all is there, look, and apply. It takes ENVSYNC_RECORD_KEY,"
        yield f"{given}, and the ARNs by name:"
    else:
        yield "Check that all is there, look, and apply. It takes ENVSYNC_RECORD_KEY and"
        yield f"{given}:"
    yield "  envsync doctor"
    yield "  envsync plan"
    yield "  envsync apply"
    if checkout.workflows:
        yield "Then commit the files, and protect main: a merge into it is what applies."
    if checkout.pipeline:
        yield "What to do when production is broken, to be read before it is:"
        yield f"  {_PAGE}"
