"""Several machines share the work, and one report comes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.loopback import Reply, serving
from support.markdown import PARSER
from support.recorded import NO_MORE, WRITES, recorded
from support.schemas import check
from support.shell import CANARY

from envsync.sandbox import WORKFLOW_TOKEN
from envsync.sandbox.state import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.recorded import Environ, Recorded
    from support.shell import Ran

PAYMENTS, WEB, PLATFORM = "acme/payments", "acme/web", "acme/platform"  # of two shards WEB is in the first
FILE = f"""\
version: 1
name: payments
repositories: [{PAYMENTS}, {WEB}]
environments: {{production: {{wait_timer: 10}}}}
"""
# What is at hand where shards are joined: nothing of GitHub's.
OFFLINE = {"GH_TOKEN": "", "GITHUB_API_URL": "http://127.0.0.1:9", "PATH": "/nowhere"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Both repositories were applied, and then somebody took the timer of both away."""
    with recorded(tmp_path_factory.mktemp("shards")) as lab:
        lab.sandbox.seed(repositories=[("acme", "platform")])
        lab.shell.write(FILE)
        lab.apply()
        for repository in (PAYMENTS, WEB):
            lab.call("PUT", "production", {"wait_timer": 0}, repository=repository)
        (lab.shell.folder / "shards").mkdir()
        for index in (1, 2):
            drift(lab, "--shard", f"{index}/2", "--out", f"shards/{index}.json")
        yield lab


def drift(lab: Recorded, *arguments: str, code: int = 2, environ: Environ = NO_MORE) -> Ran:
    lab.exchanges.clear()
    ran = lab.shell.run("drift", *arguments, stdin="", timeout=120, **environ)
    assert ran.code == code, ran
    return ran


def merge(lab: Recorded, *arguments: str, code: int = 2, environ: Environ = OFFLINE) -> Ran:
    return drift(lab, "--merge", *arguments, code=code, environ=environ)


def edited(lab: Recorded, name: str, **members: object) -> str:
    """The second shard's file, with something else in it."""
    said = json.loads((lab.shell.folder / "shards/2.json").read_text(encoding="utf-8"))
    lab.shell.write(json.dumps(said | members), name)
    return name


def writes(lab: Recorded) -> list[str]:
    return [f"{each.method} {each.path}" for each in lab.exchanges if each.method in WRITES]


# --- shards ------------------------------------------------------------------------------------------------


def test_a_shard_looks_at_its_repositories_alone(lab: Recorded) -> None:
    ran = drift(lab, "--shard", "1/2", "-o", "json")

    found = check("drift", ran.out)
    assert (found["shard"], found["repositories"]) == ({"index": 1, "count": 2}, [WEB])
    assert {each["repository"] for each in found["differences"]} == {WEB}
    assert [each.path for each in lab.exchanges if PAYMENTS in each.path] == []


def test_a_shard_with_no_repository_has_nothing_to_do_and_says_so(lab: Recorded) -> None:
    ran = drift(lab, "--shard", "1/4", code=0)

    assert "this is shard 1/4 alone: 0 of 2 repositories" in ran.out
    assert ran.out.endswith("No drift.\n")
    assert lab.exchanges == []


def test_a_run_that_comes_to_nothing_leaves_nothing_that_could_pass_for_its_own(lab: Recorded) -> None:
    drift(lab, "--shard", "1/2", "--out", "again.json")

    drift(lab, "--shard", "1/2", "--out", "again.json", code=1, environ={"ENVSYNC_RECORD_KEY": "not a key"})

    assert not (lab.shell.folder / "again.json").exists()
    merge(lab, "again.json", "shards/2.json", code=1)


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (("--report", "issue", "--report-to", PLATFORM), NO_MORE),
        (("--notify", "json://localhost"), NO_MORE),
        ((), {"ENVSYNC_NOTIFY_URLS": "json://localhost"}),
    ],
    ids=["report-to", "notify", "urls"],
)
def test_a_shard_tells_nothing_of_what_it_does_not_know(
    lab: Recorded, arguments: tuple[str, ...], environ: Environ
) -> None:
    ran = drift(lab, "--shard", "1/2", *arguments, code=1, environ=environ)

    assert "error[shard-tells]" in ran.err
    assert "envsync drift --merge" in ran.err
    assert lab.exchanges == []


def test_a_shard_keeps_the_issue_of_each_of_its_repositories(lab: Recorded) -> None:
    drift(lab, "--shard", "1/2", "--report", "issue")
    assert writes(lab) == [f"POST /repos/{WEB}/issues"]

    ran = drift(lab, "--report", "issue", "--repo", WEB)
    assert writes(lab) == [], "it is the one that a run over all keeps"
    assert f"issue 1 of {WEB} is up to date" in ran.err


# --- one report --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_joined_they_say_what_one_run_says_with_nothing_of_githubs_at_hand(lab: Recorded, form: str) -> None:
    one = drift(lab, "-o", form)

    joined = merge(lab, "shards/2.json", "shards/1.json", "-o", form)

    assert joined.out == one.out
    assert lab.exchanges == []


def test_a_folder_stands_for_the_files_in_it_and_the_whole_can_be_saved(lab: Recorded) -> None:
    lab.shell.write("not JSON", "shards/notes.txt")

    merge(lab, "shards", "--out", "all.json")

    assert (lab.shell.folder / "all.json").read_text(encoding="utf-8") == drift(lab, "-o", "json").out
    assert (lab.shell.folder / "all.json").stat().st_mode & 0o077 == 0, "it holds values of variables"


def test_the_one_issue_for_all_is_the_one_that_a_single_run_keeps(lab: Recorded) -> None:
    to = ("--report", "issue", "--report-to", PLATFORM)
    tells = {"GH_TOKEN": "", "ENVSYNC_REPORT_TOKEN": WORKFLOW_TOKEN, "PATH": "/nowhere"}
    # A workflow's token is the one that may write here; the sandbox has it for every repository.
    drift(lab, *to, environ={"ENVSYNC_REPORT_TOKEN": WORKFLOW_TOKEN})
    assert writes(lab) == [f"POST /repos/{PLATFORM}/issues"]

    joined = merge(lab, "shards", *to, environ=tells)

    assert f"issue 1 of {PLATFORM} is up to date" in joined.err
    assert writes(lab) == []
    assert {each.path.split("?")[0] for each in lab.exchanges} <= {
        f"/repos/{PLATFORM}",
        f"/repos/{PLATFORM}/issues",
    }


def test_whoever_is_to_be_told_is_told_once(lab: Recorded) -> None:
    with serving() as hook:
        hook.on("POST /hook", Reply())
        url = f"json://{hook.address.removeprefix('http://')}/hook"
        first = merge(lab, "shards", environ=OFFLINE | {"ENVSYNC_NOTIFY_URLS": url})
        again = merge(lab, "shards", environ=OFFLINE | {"ENVSYNC_NOTIFY_URLS": url})
        one = drift(lab, environ={"ENVSYNC_NOTIFY_URLS": url})

    assert "notified: json://" in first.err
    assert "notified" not in again.err + one.err
    assert [each.line for each in hook.seen] == ["POST /hook"]
    assert "2 differences in 2 repositories" in json.dumps(hook.seen[0].body)


def test_a_report_goes_where_the_shards_were_compared(lab: Recorded) -> None:
    ran = merge(lab, "shards", "--report", "issue", "--report-to", PLATFORM, code=1)

    assert "error[report-to]: the shards were compared with http://127.0.0.1:" in ran.err
    assert lab.exchanges == []


# --- what is missing or not right --------------------------------------------------------------------------


def test_a_shard_that_is_missing_is_an_error_or_unread(lab: Recorded) -> None:
    refused = merge(lab, "shards/1.json", code=1)
    assert refused.out == ""
    assert "error[shard-missing]: no file is of shard 2/2" in refused.err

    partly = merge(lab, "shards/1.json", "--partial", code=1)
    assert "wait_timer" in partly.out
    assert "shard 2/2" in partly.out
    assert "Could not be read" in partly.out
    found = check("drift", merge(lab, "shards/1.json", "--partial", "-o", "json", code=1).out)
    assert (found["repositories"], found["unread"][0]["repository"]) == ([WEB], "shard 2/2")


def test_what_is_wrong_with_several_files_is_told_of_all(lab: Recorded) -> None:
    lab.shell.write('{"format_version": "1.1"', "cut.json")
    lab.shell.write("{}", "empty.json")
    newer = edited(lab, "newer.json", format_version="1.2")
    odd = edited(lab, "odd.json", owners=[CANARY], hostile=True)

    ran = merge(lab, "shards/1.json", "cut.json", "empty.json", newer, odd, "lost.json", code=1)

    assert ran.out == ""
    ours = "and this envsync makes version 1.1"
    misfit = "what stands at $ is not what the format of a drift has there"
    assert {line for line in ran.err.splitlines() if line.startswith("error")} == {
        "error[merge-file]: cut.json is not what drift wrote: it is not JSON, or none of envsync's",
        f"error[merge-file]: empty.json is not what drift wrote: {misfit}",
        f"error[merge-file]: odd.json is not what drift wrote: {misfit}",
        "error[merge-file]: lost.json cannot be read: No such file or directory",
        f"error[unsupported-drift-version]: newer.json is a drift of format version 1.2, {ours}",
    }


def test_a_file_that_is_far_too_large_is_not_read(lab: Recorded) -> None:
    with (lab.shell.folder / "large.json").open("wb") as file:
        file.truncate(100 * 1024**2)

    ran = merge(lab, "shards/1.json", "large.json", code=1)

    assert "error[merge-file]: large.json is too large: all files may have 64 MiB together" in ran.err


def test_what_somebody_hostile_wrote_is_shown_and_obeyed_nowhere(lab: Recorded) -> None:
    """An artifact may come from anybody. Names are names; what stands in the words is confined as GitHub's is."""
    said = json.loads((lab.shell.folder / "shards/2.json").read_text(encoding="utf-8"))
    said["differences"][0]["reason"] = "\x1b[2J\n::error::gone ![x](https://evil/p.png) @acme/all <!-- x"
    lab.shell.write(json.dumps(said), "hostile.json")
    said["repositories"] = ["acme/payments\n::error::x"]
    lab.shell.write(json.dumps(said), "worse.json")

    text = merge(lab, "shards/1.json", "hostile.json", environ=OFFLINE | {"GITHUB_ACTIONS": "true"})
    markdown = merge(lab, "shards/1.json", "hostile.json", "-o", "markdown")
    worse = merge(lab, "shards/1.json", "worse.json", code=1)

    assert "\x1b" not in text.out + markdown.out
    assert not any(line.lstrip().startswith("::") for line in text.out.splitlines())
    shown = PARSER.render(markdown.out)
    assert "<code>@acme/all</code>" in shown
    assert "<img" not in shown
    assert "<!--" not in shown
    assert "::error" not in worse.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--merge",), "error[no-shard]: there is no file to merge"),
        (("--merge", "empty"), "error[no-shard]: there is no file to merge"),
        (("shards/1.json",), "are for --merge"),
        (("--partial",), "are for --merge"),
        (("--merge", "shards", "--shard", "1/2"), "error[merge-narrowed]: --shard says what"),
        (("--merge", "shards", "--repo", WEB), "error[merge-narrowed]: --repo says what"),
        (("--merge", "shards", "--environment", "x"), "error[merge-narrowed]: --environment says what"),
        (("--merge", "shards", "--settings-only"), "error[merge-narrowed]: --settings-only says what"),
        (("--merge", "shards", "--pending"), "error[merge-narrowed]: --pending says what"),
        (("--merge", "shards", "--sandbox"), "error[merge-narrowed]: --sandbox says what"),
        (("--merge", "shards", "--report", "issue"), "error[report-to]: --report says what, but not where"),
        (("--merge", "shards", "--report-to", WEB), "error[report-to]: --report-to says where, but not what"),
        (("--merge", "shards", "--out", "nowhere/x"), "error[drift-file]: drift cannot be saved as nowhere/x"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_together_is_refused(lab: Recorded, arguments: tuple[str, ...], said: str) -> None:
    (lab.shell.folder / "empty").mkdir(exist_ok=True)

    ran = drift(lab, *arguments, code=1, environ=OFFLINE)

    assert said in ran.err
    assert ran.out == ""


# --- what nobody may read ----------------------------------------------------------------------------------


def test_the_exit_code_is_that_of_one_run(lab: Recorded) -> None:
    """4 where nothing at all could be read, 1 where one of them could read something."""
    lab.sandbox.state.tokens["blind"] = Token("blind", "ann", {"metadata": "read"}, repositories=[])
    blind = {"GH_TOKEN": "blind"}
    for index in (1, 2):
        drift(lab, "--shard", f"{index}/2", "--out", f"blind-{index}.json", code=4, environ=blind)

    one, joined = drift(lab, code=4, environ=blind), merge(lab, "blind-1.json", "blind-2.json", code=4)
    partly = merge(lab, "blind-1.json", "shards/2.json", code=1)

    assert joined.out == one.out
    assert "wait_timer" in partly.out
    merge(lab, "blind-1.json", "--partial", code=1)
