"""Hypothesis strategies for what `import` can find: all that GitHub can hold, and what YAML trips over."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import strategies as st
from support.states import LONG_AGO

from envsync.errors import FailureKind
from envsync.model import (
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    Reviewer,
    Settings,
    Team,
    UnknownReviewer,
    Unread,
    User,
    reviewer_key,
)

REPOSITORIES = tuple(RepositoryName("acme", name) for name in ("api", "payments", "web", "4711"))
ENVIRONMENTS = (
    *("staging", "Production", "qa/eu", "a:b", "a: b", " blank ", "# no", "${owner}", "true", "1.10", "~", "null"),
    *("Prüfung", "緑", "🚀", "x" * 255, "\u200d" * 255, '"quoted"', "'", "\\n", "- a", "{a}", "[*]", "&a", "!a"),
    *("\u2028", "\ufeff", "<<", "%a", "environments", "..a", "$$"),
)
PAGES = "GitHub-Pages"
REVIEWERS: tuple[Reviewer, ...] = (
    *(User(login) for login in ("ann", "1234", "true", "Null", "0x1F", "1e3", "on", "who_acme", "a-b-")),
    *(Team("acme", slug) for slug in ("ops", "1", "a.b_c")),
)
PATTERNS = tuple(
    Pattern(kind, name)
    for kind in RefType
    for name in (
        "main",
        "v*",
        "release/**",
        "1.0",
        "null",
        "#1",
        "a,b",
        "@{u}",
        "${x}",
        "refs/heads/x",
        "!a",
        "🚀",
    )
)
APPS = ("change-gate", "007", "on")
VARIABLES = ("REGION", "_", "NULL", "Y", "E" * 1100, "A1", "LEVEL")
VALUES = (
    *("", "eu-west-1", "1.10", "on", "null", "~", "$", "$$", "${repository}", "${", "$HOME", "$${", "a$", "8080"),
    *(
        " lead",
        "trail ",
        "a\nb",
        "a\nb\n",
        "a\n\n",
        "\na",
        "a\r\nb",
        "a\tb",
        "\t",
        "  a\n  b",
        "a\n\n  b\nc",
        "a \nb",
    ),
    *(
        "# x",
        "a # b",
        ": ",
        "a: b",
        "- a",
        '"',
        "'",
        "\\",
        "\0",
        "\x07",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "👩\u200d💻",
    ),
    *(
        "x" * 48 * 1024,
        "---",
        "---\n...\n",
        "%TAG\nb",
        "[a",
        "{",
        "*a",
        "&a",
        "!a",
        "|",
        ">-\nx",
        "@a",
        "`",
        "<<",
        "=",
        "?",
    ),
)
SECRETS = ("TOKEN", "KEY", "_", "SECRETS")

texts = st.one_of(st.sampled_from(VALUES), st.text(st.characters(codec="utf-8"), max_size=20))


@st.composite
def found_environments(draw: st.DrawFn, name: str) -> LiveEnvironment:
    """As GitHub can show it, with all of it read, and all that a file can say."""
    ids = count(1)
    reviewers = draw(st.lists(st.sampled_from(REVIEWERS), unique=True, max_size=6))
    policy = draw(st.sampled_from(RefPolicy))
    selected = policy is RefPolicy.SELECTED
    return LiveEnvironment(
        name,
        next(ids),
        Settings(
            required_reviewers=tuple(sorted(reviewers, key=reviewer_key)),
            wait_timer=draw(st.sampled_from((0, 0, 7, 60, 90, 1440, 43_200))),
            prevent_self_review=bool(reviewers) and draw(st.booleans()),
            can_admins_bypass=draw(st.booleans()),
            deployment_branch_policy=policy,
        ),
        reviewer_ids={reviewer_key(each): next(ids) for each in reviewers},
        patterns=tuple(
            LivePattern(next(ids), each)
            for each in sorted(draw(st.frozensets(st.sampled_from(PATTERNS), max_size=12)) if selected else ())
        ),
        protection_rules=tuple(
            LiveRule(next(ids), app) for app in sorted(draw(st.frozensets(st.sampled_from(APPS))))
        ),
        variables={
            each: LiveVariable(each, draw(texts), LONG_AGO)
            for each in sorted(draw(st.frozensets(st.sampled_from(VARIABLES))))
        },
        secrets={
            each: LiveSecret(each, LONG_AGO, LONG_AGO)
            for each in sorted(draw(st.frozensets(st.sampled_from(SECRETS))))
        },
    )


@st.composite
def _unsayable(draw: st.DrawFn, live: LiveEnvironment) -> LiveEnvironment:
    """With something that no file can say, or that nobody could read."""
    settings = live.settings
    unread = Unread("GitHub does not permit it", FailureKind.NOT_PERMITTED)
    odd = (UnknownReviewer("BusinessTeam", "board\n"), User("ci[bot]"), Team("umbrella", "ops"))
    return draw(
        st.sampled_from(
            (
                replace(
                    live, settings=replace(settings, required_reviewers=(*settings.required_reviewers, odd[0]))
                ),
                replace(live, settings=replace(settings, required_reviewers=odd[1:])),
                replace(
                    live, settings=replace(settings, required_reviewers=REVIEWERS[:7], prevent_self_review=True)
                ),
                replace(live, settings=replace(settings, required_reviewers=(), prevent_self_review=True)),
                replace(live, settings=replace(settings, wait_timer=50_000)),
                replace(
                    live,
                    settings=replace(settings, deployment_branch_policy=RefPolicy.SELECTED),
                    patterns=(LivePattern(1, Pattern(RefType.TAG, "a b\u2029")),),
                ),
                replace(
                    live,
                    settings=replace(settings, deployment_branch_policy=RefPolicy.SELECTED),
                    patterns=unread,
                ),
                replace(live, protection_rules=(LiveRule(1, "change-gate", enabled=False), LiveRule(2, "on"))),
                replace(live, protection_rules=(LiveRule(1, "a_b"),)),
                replace(live, protection_rules=tuple(LiveRule(n, f"app-{n}") for n in range(7))),
                replace(live, protection_rules=unread),
                replace(live, variables=unread),
                replace(live, secrets=unread),
                replace(live, variables=_variables({"HALF": "\ud800", "GITHUB_X": "x", "OK": "x", "a-b": ""})),
                replace(live, variables=_variables({f"V{n}": "x" for n in range(120)})),
                replace(live, secrets=_secrets("ENVSYNC_RECORD", *(f"S{n}" for n in range(101)))),
            )
        )
    )


def _variables(values: dict[str, str]) -> dict[str, LiveVariable]:
    return {name: LiveVariable(name, value, LONG_AGO) for name, value in values.items()}


def _secrets(*names: str) -> dict[str, LiveSecret]:
    return {name: LiveSecret(name, LONG_AGO, LONG_AGO) for name in names}


@st.composite
def found(draw: st.DrawFn, *, sayable: bool = True) -> tuple[LiveRepository, ...]:
    """One to four repositories that have environments in common, as people's have, and bodies too.

    `sayable`: with nothing that a file cannot say, but for the environment of GitHub Pages.
    """
    names = draw(st.lists(st.sampled_from(ENVIRONMENTS), unique=True, max_size=4))
    templates = [draw(found_environments(name)) for name in names]
    repositories = draw(st.lists(st.sampled_from(REPOSITORIES), unique=True, min_size=1, max_size=4))
    return tuple(draw(_repository(name, templates, sayable=sayable)) for name in repositories)


@st.composite
def _repository(
    draw: st.DrawFn, name: RepositoryName, templates: list[LiveEnvironment], *, sayable: bool
) -> LiveRepository:
    environments: list[LiveEnvironment] = []
    for template in templates:
        match draw(st.sampled_from(("same", "same", "same", "like", "other", "none"))):
            case "same":
                environments.append(template)
            case "like":
                other = draw(found_environments(template.name))
                environments.append(replace(template, variables=other.variables, settings=template.settings))
            case "other":
                environments.append(draw(found_environments(template.name.swapcase())))
            case _:
                pass
    if not sayable:
        environments = [draw(st.one_of(st.just(each), _unsayable(each))) for each in environments]
    odd = [
        LiveEnvironment(each, 1) for each in ("..", "a\nb: {}", "\ud800") if not sayable and draw(st.booleans())
    ]
    pages = [LiveEnvironment(PAGES, 1)] if draw(st.booleans()) else []
    everything = {each.name.casefold(): each for each in (*environments, *odd, *pages)}
    return LiveRepository(
        name,
        name,
        tuple(sorted((each.name for each in everything.values()), key=str.casefold)),
        {key: each for key, each in everything.items() if each not in odd},
        id=1,
    )
