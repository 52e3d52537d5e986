"""A diagram that tells standings apart without colours, and in which a name is nothing but a name."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.markdown import TEXT
from support.promotions import EMPTY, IDLE, SHOP, stage, unused

from envsync.plan.promotion import Promotion, Standing
from envsync.render.mermaid import (
    MOST_CHARACTERS,
    MOST_EDGES,
    TITLE,
    fenced,
    graph_markdown,
    mermaid,
    too_large,
)
from envsync.render.printable import printable

HOSTILE = [
    '"]:::x\n  click s1 "javascript:alert(1)"',
    "%%{init: {'securityLevel': 'loose'}}%%",
    "%% a comment",
    "```\n# out of the fence",
    "`**bold**`",
    "<img src=x onerror=alert(1)>",
    "<br/>",
    "end",
    "subgraph",
    "click",
    "x --> y",
    "#quot;",
    "#35;",
    "&quot;",
    "fa:fa-ban",
    "$$x^2$$",
    r"a\nb",
    "1. one",
    "- one",
    "www.evil.example",
    "https://evil.example",
    "_a_ __b__ ~~c~~",
    "    code",
    "\ufb02\u00b0\u00b060\u00b6\u00df",
    "style: #ff0000;",
    "classDef open fill:#fff;",
    "<!-- /envsync graph -->",
    "\u202egnp.exe",
]
NAMES = TEXT | st.sampled_from(HOSTILE)

# Every line that there may be: ids are ours, and labels hold nothing that could end them.
LABEL = r'"(?:[^"`<>%\\:@&*$\[\]{}()|~!=+^?\'#;\n]|#[0-9]+;|<br/>)*"'
SHAPE = (
    rf"(?:\{{\{{{LABEL}\}}\}}|\({LABEL}\)|\[{LABEL}\]|\[\[{LABEL}\]\]|>{LABEL}\]|\[/{LABEL}/\])"
    r":::(?:gated|limited|open|unmanaged|undeclared|unknown)"
)
LINE = re.compile(
    rf"""flowchart\ LR
    |\ \ accTitle:\ {TITLE.replace(" ", chr(92) + " ")}
    |\ \ subgraph\ (?:w\d+|idle|legend)\[{LABEL.replace(" ", chr(92) + " ").replace("#", chr(92) + "#")}\]
    |\ \ \ \ [sel]\d+{SHAPE.replace(" ", chr(92) + " ").replace("#", chr(92) + "#")}
    |\ \ end
    |\ \ s\d+\ (?:-->|-\.->\|also\ on\ failure\|)\ s\d+
    |\ \ classDef\ (?:gated|limited|open|unmanaged|undeclared|unknown)\ [a-z0-9:\#,\- ]+
    """,
    re.VERBOSE,
)


def labels(diagram: str) -> dict[str, list[str]]:
    """What is read in each box and over each group, line by line, by id."""
    found = re.findall(r'^ *(?:subgraph )?([a-z]+\d*)\W+?"(.*)"', diagram, re.MULTILINE)
    return {name: [shown(line) for line in label.split("<br/>")] for name, label in found}


def shown(label: str) -> str:
    """As Mermaid has a browser show it."""
    return html.unescape(re.sub(r"#(\w+);", r"&#\1;", label))


def kinds(diagram: str) -> list[str]:
    """The lines without what is in their labels."""
    return [re.sub(r'".*"', '""', line) for line in diagram.splitlines()]


def test_a_box_has_the_environment_its_job_and_its_guards() -> None:
    boxes = labels(mermaid(SHOP))

    assert boxes["s1"] == ["staging", "job staging", "only develop, main"]
    assert boxes["s2"][1:] == ["job release / approve", "approval: team-lead, acme/devops-admins", "wait 30 min"]
    assert boxes["s3"] == ["production", "job deploy", "open"]
    assert boxes["s5"] == ["${{ inputs.environment }}", "job roll-back", "shows only in a run"]


def test_each_workflow_is_a_group_that_says_what_starts_it() -> None:
    diagram = mermaid(SHOP)

    assert [labels(diagram)[name] for name in ("w1", "w2", "w3")] == [
        ["deploy.yml on push, workflow_dispatch"],
        ["rollback.yml on workflow_dispatch"],
        ["pages.yml"],
    ]
    first = diagram.partition("  end\n")[0]
    assert re.findall(r"^    (s\d)", first, re.MULTILINE) == ["s1", "s2", "s3", "s4"]


def test_stages_of_two_workflows_in_turn_are_two_groups() -> None:
    stages = (stage("a", Standing.OPEN, workflow="x.yml"), stage("b", Standing.OPEN, workflow="y.yml"))
    diagram = mermaid(Promotion("acme/x", (*stages, replace(stages[0], id="c")), {}, ()))

    assert re.findall(r"^ *(?:subgraph )?([ws]\d)", diagram, re.MULTILINE) == ["w1", "s1", "s3", "w2", "s2"]


def test_an_arrow_comes_from_what_has_to_succeed_before() -> None:
    arrows = [line.strip() for line in mermaid(SHOP).splitlines() if "->" in line]

    assert arrows == [
        "s1 --> s2",
        "s2 --> s3",
        "s1 -.->|also on failure| s4",
        "s3 -.->|also on failure| s4",
    ]


def test_what_no_job_names_has_a_group_of_its_own() -> None:
    boxes = labels(mermaid(SHOP))

    assert boxes["idle"] == ["No job names these"]
    assert boxes["e1"] == ["production-rollback", "rule: change-gate", "only main"]
    assert labels(mermaid(IDLE))["e1"] == ["staging", "open"]


def test_without_colours_every_standing_has_a_shape_of_its_own() -> None:
    boxes = {}
    for standing in Standing:
        line = mermaid(Promotion("acme/x", (stage("x", standing),), {}, ())).splitlines()[3]
        boxes[standing] = re.sub(r'".*"', "", line)

    assert len({box.partition(":::")[0] for box in boxes.values()}) == len(Standing)
    assert [box.partition(":::")[2] for box in boxes.values()] == list(Standing)


def test_the_legend_has_what_is_there_and_nothing_else() -> None:
    everything, idle = mermaid(SHOP), mermaid(IDLE)

    assert len([name for name in labels(everything) if name.startswith("l")]) == 1 + len(Standing)
    assert labels(idle)["l1"] == ["open, its own rules keep nobody out"]
    assert re.findall(r"(?:classDef |:::)(\w+)", idle) == ["open", "open", "open"]


def test_nothing_to_draw_is_an_empty_diagram() -> None:
    assert mermaid(EMPTY) == f"flowchart LR\n  accTitle: {TITLE}\n"


# --- colours -------------------------------------------------------------------------------------------------


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio has it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("page", ["#ffffff", "#0d1117", "#22272e"])
def test_a_box_is_seen_and_read_on_the_pages_of_github(standing: Standing, page: str) -> None:
    (style,) = re.findall(rf"classDef {standing} (.*)", mermaid(SHOP))
    colors = dict(each.split(":") for each in style.split(","))

    assert contrast(colors["fill"], colors["color"]) >= 7, "text: enhanced contrast"
    assert contrast(colors["stroke"], page) >= 3, "edges: what is no text"


# --- names that somebody else chose --------------------------------------------------------------------------


def named(name: str) -> Promotion:
    """With the name wherever there can be one."""
    first = stage(name, Standing.GATED, name, workflow=name, job=name)
    second = replace(first, id="second", standing=Standing.UNKNOWN, after=(name,), anyway=True)
    return Promotion(name, (first, second), {name: (name, name)}, (unused(name, Standing.OPEN, name),))


@given(NAMES)
@example("\n".join(HOSTILE)[:60])
def test_no_name_leaves_its_label(name: str) -> None:
    diagram = mermaid(named(name))

    assert [line for line in diagram.split("\n")[:-1] if not LINE.fullmatch(line)] == []
    expected = kinds(mermaid(named("plain")))
    if not name:  # then there is no job to speak of
        expected = kinds(mermaid(named("")))
    assert kinds(diagram) == expected


@given(NAMES)
@example("a b  c   d ")
@example("Prüfung_1.2/x-y, z")
def test_a_name_is_read_as_it_is(name: str) -> None:
    box = labels(mermaid(named(name)))["e1"][0].replace("\xa0", " ")

    text = printable(name).replace("\ufb02", "fl") if len(name) <= 60 else printable(f"{name[:60]}…")
    assert box == text.replace("\ufb02", "fl").replace("\xa0", " ")


@given(NAMES)
def test_the_same_is_the_same(name: str) -> None:
    assert mermaid(named(name)) == mermaid(named(name))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("production", "production"),
        ("my_env-1.2/eu, us", "my_env-1.2/eu, us"),
        ("Prüfung", "Prüfung"),
        ('a"b', "a#34;b"),
        ("1. one", "1#46; one"),
        ("- one", "#45; one"),
        ("www.evil.example", "www#46;evil.example"),
        ("a  b", "a#160;#160;b"),
        ("\ufb02\u00b0lt\u00b6\u00df", "fl#176;lt#182;\u00df"),
    ],
)
def test_what_is_plain_stays_readable_in_the_source(name: str, label: str) -> None:
    assert f'"{label}<br/>' in mermaid(Promotion("x", (stage(name, Standing.OPEN),), {}, ()))


def test_a_long_name_is_cut() -> None:
    assert labels(mermaid(Promotion("x", (stage("x" * 100, Standing.OPEN),), {}, ())))["s1"][0] == "x" * 60 + "…"


# --- in Markdown -----------------------------------------------------------------------------------------------


def test_in_markdown_it_stands_between_fences() -> None:
    assert fenced("flowchart LR\n") == "```mermaid\nflowchart LR\n```\n"
    assert graph_markdown(SHOP, 100_000) == f"### envsync graph: `acme/shop`\n\n{fenced(mermaid(SHOP))}"


def test_what_does_not_fit_is_said_and_not_cut() -> None:
    assert graph_markdown(SHOP, 1000) == (
        "### envsync graph: `acme/shop`\n\nThe diagram is not shown: there is not enough room left.\n"
    )


def test_what_github_would_not_draw_is_said() -> None:
    many = tuple(stage(f"{number}", Standing.OPEN) for number in range(MOST_EDGES + 1))
    first = stage("first", Standing.OPEN)
    star = Promotion("acme/x", (first, *(replace(each, after=("first",)) for each in many)), {}, ())
    diagram = mermaid(star)

    assert too_large(diagram) == "it has 501 arrows, and GitHub draws no diagram of more than 500"
    assert too_large("->" * MOST_EDGES) is None
    assert too_large("x" * MOST_CHARACTERS) is None
    assert "it has 50,001 characters" in str(too_large("x" * (MOST_CHARACTERS + 1)))
    assert "The diagram is not shown: it has `501` arrows" not in graph_markdown(star, 1 << 20)
    assert "The diagram is not shown: it has 501 arrows" in graph_markdown(star, 1 << 20)
