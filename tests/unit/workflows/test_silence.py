"""Who does not want to hear of a finding says so where it is, and says why."""

from __future__ import annotations

import pytest
from support.crossings import crossed, told

from envsync.workflows.flow import Elsewhere

ONE = "environments:\n  staging: {}\n"


def job(environment: str, *steps: str) -> str:
    return "\n".join(["on: push", "jobs:", "  a:", f"    environment: {environment}", *steps, "  b:", AT_HOME])


AT_HOME = "    environment: staging"


@pytest.mark.parametrize(
    "environment",
    [
        "dev # envsync: ignore[undeclared-environment] made by the previews",
        "dev   #envsync:ignore [ undeclared-environment ]: made by the previews",
        "dev # of the previews # envsync: ignore[undeclared-environment] theirs",
        "'dev # envsync' # envsync: ignore[undeclared-environment] that is its name",
    ],
)
def test_a_comment_behind_what_is_found_silences_it(environment: str) -> None:
    assert crossed(ONE, job(environment)) == ()


def test_a_comment_alone_silences_what_is_below() -> None:
    text = job("dev").replace(
        "    environment: dev", "    # envsync: ignore[undeclared-environment] x\n    environment: dev"
    )

    assert crossed(ONE, text) == ()


def test_comments_above_each_other_are_about_the_same_line() -> None:
    text = job("${{ github.ref == 'x' && 'dev' || github.ref_name }}")
    comments = ("ignore[undeclared-environment] x", "ignore[unknown-environment] y")
    above = "".join(f"    # envsync: {each}\n" for each in comments)

    assert [each.code for each in crossed(ONE, text)] == ["undeclared-environment", "unknown-environment"]
    assert crossed(ONE, text.replace("    env", f"{above}    env", 1)) == ()


def test_one_that_stands_elsewhere_silences_nothing() -> None:
    text = job("dev").replace("  a:", "  a: # envsync: ignore[undeclared-environment] x")

    assert told(crossed(ONE, text)) == [
        "error undeclared-environment: dev",
        "warning unused-ignore: undeclared-environment",
    ]


def test_a_file_of_environments_has_them_too() -> None:
    declared = """\
environments:
  staging:
    secrets:
      # envsync: ignore[unused-secret] read by a tool
      TOKEN: external
      KEY: external # envsync: ignore[unused-secret] so is this
    variables:
      REGION: eu # envsync: ignore[unused-variable] and this
  former: {} # envsync: ignore[unused-environment] until May
"""

    assert crossed(declared, job("staging")) == ()


# --- texts -------------------------------------------------------------------------------------------------


KNOWN = Elsewhere(frozenset(), None)
SILENT = "# envsync: ignore[undeclared-secret] of the runner"


def script(header: str, above: str = "# runs") -> str:
    lines = (
        "    steps:",
        f"      {above}",
        f"      - run: {header}",
        "          echo",
        "          echo ${{ secrets.X }}",
    )
    return job("staging", *lines)


def test_a_finding_in_a_script_is_one() -> None:
    assert told(crossed(ONE, script("|"), elsewhere=KNOWN)) == ["warning undeclared-secret: secrets.X"]


@pytest.mark.parametrize("header", ["|", ">-", "|2+"])
def test_for_a_script_the_comment_stands_where_it_begins(header: str) -> None:
    assert crossed(ONE, script(f"{header} {SILENT}"), elsewhere=KNOWN) == ()


def test_in_quotes_of_several_lines_it_stands_above() -> None:
    text = f"    {SILENT}\n    env: {{A: 'a\n      ${{{{ secrets.X }}}}'}}"

    assert crossed(ONE, job("staging", text), elsewhere=KNOWN) == ()


def test_what_stands_right_below_a_script_is_none_of_it() -> None:
    text = script(f"| {SILENT}").replace("\n  b:", "\n        env: {Y: '${{ secrets.Y }}'}\n  b:")

    assert told(crossed(ONE, text, elsewhere=KNOWN)) == ["warning undeclared-secret: secrets.Y"]


def test_above_a_script_will_do() -> None:
    assert crossed(ONE, script("|", above=SILENT), elsewhere=KNOWN) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"    env:\n      A: |\n        a ${{{{ secrets.X }}}} {SILENT}",
        f"    env:\n      A: |\n        a ${{{{ secrets.X }}}}\n        {SILENT}\n      B: b",
        f'    env: {{A: "${{{{ secrets.X }}}} {SILENT}"}}',
        f"    env: {{A: '${{{{ secrets.X }}}}\n      {SILENT}'}}",
        f"    env: {{A: '${{{{ secrets.X }}}}#{SILENT}'}}",
    ],
    ids=["in a block", "below in a block", "in quotes", "in quotes of two lines", "no comment"],
)
def test_what_is_part_of_a_text_is_no_comment(text: str) -> None:
    found = crossed(ONE, job("staging", text), elsewhere=KNOWN)

    assert [each.code for each in found] == ["undeclared-secret"]


def test_a_comment_right_below_a_block_is_one() -> None:
    text = f"    env:\n      A: |\n        a\n      {SILENT}\n      B: ${{{{ secrets.X }}}}"

    assert crossed(ONE, job("staging", text), elsewhere=KNOWN) == ()


def test_lists_and_anchors_are_looked_through() -> None:
    steps = "    steps:\n      - {env: *env}\n      - [x, 'y']"
    text = f"    env: &env\n      A: ${{{{ secrets.X }}}} {SILENT}\n{steps}"

    assert crossed(ONE, job("staging", text), elsewhere=KNOWN) == ()


def test_a_file_that_is_no_yaml_has_comments_all_the_same() -> None:
    found = crossed(ONE, "jobs: {\n# envsync: ignore[undeclared-environment]\n", job("staging"))

    assert [each.code for each in found] == ["ignore-without-reason", "unused-ignore"]


# --- comments that make no sense ---------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", ":", " -", " # nothing"])
def test_one_without_a_reason_silences_and_is_a_warning(reason: str) -> None:
    comment = f"# envsync: ignore[undeclared-environment]{reason}"

    (found,) = crossed(ONE, job(f"dev {comment}"))

    assert (found.code, found.hint) == ("ignore-without-reason", "write the reason behind the bracket")


def test_one_that_silences_nothing_is_a_warning() -> None:
    (found,) = crossed(ONE, job("staging # envsync: ignore[undeclared-environment] x"))

    assert told((found,)) == ["warning unused-ignore: undeclared-environment"]
    assert found.message == "this silences nothing: there is no `undeclared-environment` here"


def test_one_that_is_misspelled_too() -> None:
    found = crossed(ONE, job("dev # envsync: ignore[undeclared-enviroment, zzz] x"))

    assert [(each.message, each.hint) for each in found[1:]] == [
        ("this silences nothing: `undeclared-enviroment` is no finding", "did you mean `undeclared-environment`?"),
        ("this silences nothing: `zzz` is no finding", "remove it"),
    ]


@pytest.mark.parametrize("comment", ["ignore", "ignore undeclared-environment x", "ignore[] x"])
def test_one_that_names_nothing_too(comment: str) -> None:
    found = crossed(ONE, job(f"staging # envsync: {comment}"))

    assert [(each.code, each.hint) for each in found] == [
        ("unused-ignore", "write # envsync: ignore[slug] reason")
    ]


def test_what_depends_on_what_github_says_is_not_called_without_effect() -> None:
    """What `doctor` finds `validate` may not, and the other way round."""
    assert crossed(ONE, job("staging # envsync: ignore[undeclared-secret, undeclared-variable] x")) == ()


def test_what_depends_on_all_workflows_is_not_where_one_could_not_be_read() -> None:
    declared = "environments:\n  staging: {} # envsync: ignore[unused-environment] x\n"

    assert [each.code for each in crossed(declared, job("staging"))] == ["unused-ignore"]
    assert crossed(declared, job("staging"), "jobs: {") == ()


def test_in_a_file_for_several_repositories_one_may_be_for_another() -> None:
    declared = "environments:\n  staging: {} # envsync: ignore[unused-environment, zzz]\n"

    assert [each.code for each in crossed(declared, job("staging"), shared=True)] == ["ignore-without-reason"]


def test_a_value_beside_a_secret_is_not_shown() -> None:
    declared = (
        "environments:\n  staging:\n    secrets:\n      X: external # envsync: ignore[hunter2-old] hunter2\n"
    )

    found = crossed(declared, job("staging"))

    assert [each.code for each in found] == ["unused-secret", "unused-ignore"]
    assert "hunter2" not in str(found)


def test_a_very_long_line_has_none() -> None:
    text = job(f"staging # {'x' * 4_000} # envsync: ignore[undeclared-environment] x")

    assert crossed(ONE, text) == ()
