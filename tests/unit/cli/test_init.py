"""The parts of `envsync init`: what may be answered, what is put where, and what is done next."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from envsync.cli.asking import is_repository, repository, reviewers
from envsync.cli.next_steps import Checkout, next_steps
from envsync.cli.placing import Fate, Placed, Wanted, diff_text, placed, write
from envsync.errors import ConfigError
from envsync.github.links import Need, app_link, token_link
from envsync.model import RepositoryName, Team, User
from envsync.packaged import pipeline_text
from envsync.scaffold.pipeline import Pipeline, pipeline_files
from envsync.scaffold.starter_words import pipeline_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "https://api.github.com"
PAYMENTS = RepositoryName("acme", "payments")


def refused(error: pytest.ExceptionInfo[ConfigError]) -> list[str]:
    return [each.message for each in error.value.diagnostics]


# --- what is answered --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["acme/payments", " acme/payments ", "a_b/.github", "0/0"])
def test_a_repository_is_owner_and_name(text: str) -> None:
    assert str(repository(text)) == text.strip()


@pytest.mark.parametrize("text", ["payments", "acme/", "/payments", "a/b/c", "-a/b", "acme/..", "acme/pay*", ""])
def test_what_no_file_can_name_is_no_repository(text: str) -> None:
    with pytest.raises(ConfigError, match="is not OWNER/REPO"):
        repository(text)
    assert not is_repository(text)


def test_reviewers_are_logins_and_teams_of_the_owner_each_once() -> None:
    found = reviewers(["lead, acme/ops", "@Ann", "LEAD", "Acme/ops,"], "acme")

    assert found == (User("lead"), Team("acme", "ops"), User("Ann"))


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "no-reviewer"),
        ([" , "], "no-reviewer"),
        (["two words"], "not-a-reviewer"),
        (["acme/"], "not-a-reviewer"),
        (["other/ops"], "foreign-team"),
        (["a,b,c,d,e,f,g"], "too-many-reviewers"),
    ],
)
def test_who_cannot_review_is_refused(texts: list[str], code: str) -> None:
    with pytest.raises(ConfigError) as error:
        reviewers(texts, "acme")

    assert [each.code for each in error.value.diagnostics] == [code]


# --- what is put where -------------------------------------------------------------------------------------


def one(root: Path, path: str = "a/b.txt", text: str = "new\n", *, replaces: bool = False) -> Placed:
    (found,) = placed(root, [Wanted(path, text, replaces)])
    return found


def there(root: Path, text: str = "old\n", path: str = "a/b.txt") -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


def test_what_is_there_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    assert one(tmp_path).fate is Fate.NEW
    there(tmp_path)

    assert one(tmp_path).fate is Fate.KEPT
    assert one(tmp_path, text="old\n").fate is Fate.SAME
    assert one(tmp_path, replaces=True).fate is Fate.REPLACES
    assert one(tmp_path, text="old\n", replaces=True).fate is Fate.SAME


def test_what_is_written_is_new_or_replaced_and_nothing_else(tmp_path: Path) -> None:
    same, kept, old = (there(tmp_path, path=name) for name in ("same", "kept", "old"))
    before = [same.stat().st_ino, kept.stat().st_ino]
    wanted = [
        Wanted("same", "old\n", replaces=True),
        Wanted("kept", "new\n", replaces=False),
        Wanted("old", "new\n", replaces=True),
        Wanted("deep/er/new", "new\n", replaces=False),
    ]

    write(tmp_path, placed(tmp_path, wanted))

    assert [same.stat().st_ino, kept.stat().st_ino] == before
    assert [place.read_text(encoding="utf-8") for place in (kept, old)] == ["old\n", "new\n"]
    assert (tmp_path / "deep/er/new").read_text(encoding="utf-8") == "new\n"


def obstacles(root: Path) -> Iterator[tuple[str, str]]:
    outside = root.parent / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file").write_text("not ours\n", encoding="utf-8")
    (root / "linked").symlink_to(outside / "folder")
    yield "linked/new", "a link leads out of the checkout"
    (root / "to-file").symlink_to(outside / "file")
    yield "to-file", "a link leads out of the checkout"
    (root / "to-nothing").symlink_to(outside / "nothing")
    yield "to-nothing", "a link leads out of the checkout"
    (root / "inside").write_text("ours\n", encoding="utf-8")
    (root / "to-inside").symlink_to("inside")
    yield "to-inside", "a link is there, and it would be replaced"
    (root / "loop").symlink_to("loop")
    yield "loop/new", "its links lead nowhere"
    yield "inside/new", "inside is no folder"
    (root / "folder").mkdir()
    yield "folder", "something else than a file is there"
    os.mkfifo(root / "pipe")
    yield "pipe", "something else than a file is there"


def test_all_that_is_in_the_way_is_said_at_once_and_before_anything_is_written(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    expected = [*obstacles(root)]
    wanted = [Wanted("fine", "new\n", replaces=True)]
    wanted += [Wanted(path, "new\n", replaces=True) for path, _ in expected]

    with pytest.raises(ConfigError) as error:
        placed(root, wanted)

    assert refused(error) == [f"{path} cannot be written: {why}" for path, why in expected]


def test_a_link_that_stays_in_the_checkout_is_followed(tmp_path: Path) -> None:
    there(tmp_path, path="real/file")
    (tmp_path / "linked").symlink_to("real")

    write(tmp_path, [one(tmp_path, "linked/file", replaces=True)])

    assert (tmp_path / "real/file").read_text(encoding="utf-8") == "new\n"


def test_a_link_into_gits_own_folder_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".git/hooks").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(".git/hooks")

    with pytest.raises(ConfigError) as error:
        placed(tmp_path, [Wanted("linked/file", "new\n", replaces=True)])

    assert refused(error) == ["linked/file cannot be written: a link leads into git's own folder"]


def test_a_checkout_may_itself_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")

    assert one(tmp_path / "linked").fate is Fate.NEW


def test_where_a_later_file_cannot_be_written_those_before_it_are_named(tmp_path: Path) -> None:
    files = placed(tmp_path, [Wanted(name, "new\n", replaces=False) for name in ("a", "b", "c/d", "e")])
    there(tmp_path, "somebody was faster\n", "c")

    with pytest.raises(ConfigError) as error:
        write(tmp_path, files)

    assert refused(error) == ["c/d cannot be written: File exists; written before it: a, b"]
    assert not (tmp_path / "e").exists()


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    files = [one(tmp_path, "a")]
    place = there(tmp_path, path="a")

    with pytest.raises(ConfigError, match=r"it is there already; nothing was written$"):
        write(tmp_path, files)

    assert place.read_text(encoding="utf-8") == "old\n"


# --- the diff ----------------------------------------------------------------------------------------------

BEFORE = {"changed": "one\ntwo\nthree\n", "no-end": "one\ntwo", "end": "one\n", "empty": "", "kept": "mine\n"}
AFTER = {
    "changed": "one\n2\nthree\n",
    "no-end": "one\n2",
    "end": "one",
    "empty": "full\n",
    "new/er": "new\n-- x\n",
}


def test_git_makes_of_the_diff_what_would_have_been_written(tmp_path: Path) -> None:
    for name, text in BEFORE.items():
        there(tmp_path, text, name)
    wanted = [Wanted(name, text, replaces=True) for name, text in AFTER.items()]
    files = placed(tmp_path, [*wanted, Wanted("kept", "theirs\n", replaces=False)])

    diff = diff_text(files, color=False)

    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff, text=True, check=True)
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in AFTER} == AFTER
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "mine\n"
    assert "theirs" not in diff


def test_what_stood_there_is_not_shown_where_a_secret_may_be_among_it(tmp_path: Path) -> None:
    there(tmp_path, "a: 1\n-- hunter2\n# hunter2\nb: hunter2", "file")

    diff = diff_text(placed(tmp_path, [Wanted("file", "a: 1\nb: 2\n", replaces=True, hides=True)]), color=False)

    assert diff == "--- a/file\n+++ b/file\n@@ -1,4 +1,2 @@\n a: 1\n-•••\n-•••\n-•••\n+b: 2\n"


def test_a_terminal_is_told_nothing_by_what_stood_there(tmp_path: Path) -> None:
    there(tmp_path, "\x1b[2Jgone\r\n", "file")

    diff = diff_text([one(tmp_path, "file", replaces=True)], color=False)

    assert "-\\u001b[2Jgone\\r\n" in diff


def test_colours_tell_what_goes_from_what_comes(tmp_path: Path) -> None:
    there(tmp_path, "same\nold\n", "file")

    diff = diff_text([one(tmp_path, "file", "same\nnew\n", replaces=True)], color=True)

    assert "\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n" in diff
    assert "\x1b[1m--- a/file\x1b[0m\n" in diff
    assert "\n same\n" in diff


# --- what is next ------------------------------------------------------------------------------------------

EVERY = [
    Checkout(name, organization, API, workflows, pipeline)
    for name in (PAYMENTS, None)
    for organization in (True, False)
    for workflows in (True, False)
    for pipeline in (None, *Pipeline)
]
MORE = {None: 0, Pipeline.LAMBDA: 2, Pipeline.GENERIC: 1}  # steps


@pytest.mark.parametrize("checkout", EVERY)
def test_the_next_steps_are_numbered_and_fit_80_columns(checkout: Checkout) -> None:
    lines = next_steps(checkout).splitlines()

    assert all(len(line) <= 80 for line in lines if "://" not in line)
    numbers = [int(found[1]) for line in lines if (found := re.match(r"(\d)\. ", line))]
    assert numbers == [*range(1, (7 if checkout.workflows else 6) + MORE[checkout.pipeline])]
    assert all(re.fullmatch(r" +https://\S+", line) for line in lines if "://" in line)


def test_the_links_lead_to_the_pages_of_the_organization_with_the_permissions_filled_in() -> None:
    text = next_steps(Checkout(PAYMENTS, organization=True, api_url=API, workflows=True))

    assert app_link(API, Need("acme", writes=False, teams=False)) in text
    assert app_link(API, Need("acme", writes=True)) in text
    assert "https://github.com/acme/payments/settings/environments\n" in text
    assert "--organization" not in text


def test_where_nobody_knows_whether_the_owner_is_an_organization_both_ways_are_told() -> None:
    text = next_steps(Checkout(PAYMENTS, organization=False, api_url=API, workflows=False))

    assert token_link(API, Need(None, writes=True)) in text
    assert "envsync credentials --organization acme\n" in text


def test_the_pages_are_those_of_the_server() -> None:
    text = next_steps(Checkout(PAYMENTS, organization=True, api_url="https://ghe.example/api/v3", workflows=True))

    assert "github.com" not in text
    assert "https://ghe.example/acme/payments/settings/environments" in text


def test_each_environment_that_guards_a_key_is_named_with_what_it_holds() -> None:
    text = next_steps(Checkout(PAYMENTS, organization=True, api_url=API, workflows=True))

    named = re.findall(r"^ +(envsync-\w+) {2,}(\S+)", text, re.MULTILINE)
    assert named == [
        ("envsync-plan", "refs/pull/*/merge"),
        ("envsync-drift", "main"),
        ("envsync-apply", "main"),
        ("envsync-grant", "main"),
    ]


# --- what is next for the pipeline -------------------------------------------------------------------------


def piped(pipeline: Pipeline, *, workflows: bool = True) -> str:
    return next_steps(Checkout(PAYMENTS, organization=True, api_url=API, workflows=workflows, pipeline=pipeline))


def test_the_roles_are_made_by_two_commands_that_a_shell_takes_as_they_stand() -> None:
    whole = piped(Pipeline.LAMBDA).replace("\\\n", "")
    commands = re.findall(r"^ +(aws .*)$", whole, re.MULTILINE)

    deploy, describe = map(shlex.split, commands)
    given = dict(each.split("=") for each in deploy[deploy.index("--parameter-overrides") + 1 :])
    assert deploy[:5] == ["aws", "cloudformation", "deploy", "--region", "eu-west-1"]
    assert describe[:5] == ["aws", "cloudformation", "describe-stacks", "--region", "eu-west-1"]
    assert deploy[deploy.index("--template-file") + 1] in pipeline_files(Pipeline.LAMBDA, pipeline_text)
    assert describe[describe.index("--stack-name") + 1] == deploy[deploy.index("--stack-name") + 1]
    assert given == {
        "Repository": "acme/payments",
        "StagingFunction": "payments-staging",
        "ProductionFunction": "payments",
    }
    parameters = pipeline_text("aws-roles.yml").partition("\nParameters:\n")[2].partition("\nRules:\n")[0]
    required = [each for each in re.split(r"\n(?=  \w)", parameters) if "Default:" not in each]
    assert [each.split(":")[0].strip() for each in required] == list(given)


def test_each_role_is_named_where_its_arn_belongs() -> None:
    sources = pipeline_sources(Pipeline.LAMBDA).active

    assert re.findall(r"^ +(\w+_ROLE_ARN)$", piped(Pipeline.LAMBDA), re.MULTILINE) == [*sources]
    printed = re.findall(r"^    Description: (\w+)$", pipeline_text("aws-roles.yml"), re.MULTILINE)
    assert sorted(printed) == sorted(sources)  # what the second command shows beside each
    assert "ARN" not in piped(Pipeline.GENERIC)
    alone = piped(Pipeline.LAMBDA, workflows=False)
    assert "GH_TOKEN, and the ARNs by name:" in alone
    assert "_ROLE_ARN" not in alone


@pytest.mark.parametrize("pipeline", Pipeline)
def test_what_a_person_makes_theirs_is_named_before_it_is_tried(pipeline: Pipeline) -> None:
    text = piped(pipeline)

    scripts = (
        ["build.sh"] if pipeline is Pipeline.LAMBDA else ["build.sh", "deploy.sh", "check.sh", "roll-back.sh"]
    )
    before = text.partition("3. Try it with no account")[0]
    assert re.findall(r"[\w-]+\.sh", before) == scripts
    assert "     envsync validate\n     envsync plan --sandbox\n" in text
    assert text.endswith(".github/pipeline/README.md")
