"""What holds for any file: taken as written, no exception but ConfigError, no value from under `secrets`."""

from __future__ import annotations

import string
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from support.config_files import HEAD, loaded_bytes, text_of

from envsync.config.body import Body, body_of, merged, settled
from envsync.documents.compose import Composition, compose
from envsync.documents.nodes import Mapping
from envsync.errors import ConfigError
from envsync.model import (
    DesiredEnvironment,
    DesiredSecret,
    External,
    Field,
    FromCommand,
    FromEnvironment,
    FromFile,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    User,
)
from envsync.render.diagnostics import render

CANARY = "Zqx7hunter2"

values = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="$"), max_size=12
)
words = st.text(string.ascii_letters + string.digits, min_size=1, max_size=8)
names = st.text(string.ascii_uppercase, min_size=1, max_size=8).map("X_{}".format)
plains = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z.:+_-]{0,6}[0-9A-Za-z]", fullmatch=True).filter(
    lambda plain: plain.lower() != "null"
)
refs = st.one_of(
    words, st.sampled_from(["*", "release/*", "1.0", "null", "true", "on", "0x1F", "@{u}", "#1", "a,b"])
)
sources = st.one_of(
    st.just("external"),
    st.fixed_dictionaries({"env": names}),
    st.fixed_dictionaries({"file": words.map("secrets/{}".format)}),
    st.fixed_dictionaries({"command": st.lists(words, min_size=1, max_size=3)}),
)
policies = st.one_of(
    st.sampled_from(["all", "protected"]),
    st.fixed_dictionaries(
        {"branches": st.lists(refs, unique=True, max_size=3), "tags": st.lists(refs, unique=True, max_size=3)}
    ),
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "required_reviewers": st.lists(
            st.one_of(words, words.map("acme/{}".format)), unique_by=str.casefold, min_size=1, max_size=6
        ),
        "wait_timer": st.integers(0, 43_200),
        "can_admins_bypass": st.booleans(),
        "deployment_branch_policy": policies,
        "deployment_protection_rules": st.lists(words, unique_by=str.casefold, max_size=6),
        "variables": st.dictionaries(names, values, max_size=4),
        "secrets": st.dictionaries(names, sources, max_size=4),
        "ignore": st.lists(st.sampled_from(list(Field)).map(str), unique=True, max_size=3),
        "prune": st.booleans(),
    },
)
documents = st.dictionaries(
    values.filter(lambda name: name.strip() and name not in {".", "..", "github-pages"}), bodies, max_size=3
).filter(lambda found: len({name.casefold() for name in found}) == len(found))


def reviewer(name: str) -> User | Team:
    organization, slash, slug = name.partition("/")
    return Team(organization, slug) if slash else User(name)


def source(name: str, written: Any, root: str) -> DesiredSecret:
    match written:
        case {"env": variable}:
            return DesiredSecret(name, FromEnvironment(variable))
        case {"file": path}:
            return DesiredSecret(name, FromFile(path, root))
        case {"command": argv}:
            return DesiredSecret(name, FromCommand(tuple(argv), root))
        case _:
            return DesiredSecret(name, External())


def meant(name: str, body: dict[str, Any]) -> DesiredEnvironment:
    """What a body of plain values means, told the short way."""
    policy = body.get("deployment_branch_policy", "all")
    selected = isinstance(policy, dict)
    reviewers = sorted(body.get("required_reviewers", []), key=str.casefold)
    return DesiredEnvironment(
        name=name,
        settings=Settings(
            required_reviewers=tuple(reviewer(each) for each in reviewers),
            wait_timer=body.get("wait_timer", 0),
            can_admins_bypass=body.get("can_admins_bypass", True),
            deployment_branch_policy=RefPolicy.SELECTED if selected else RefPolicy(policy),
        ),
        patterns=frozenset(
            Pattern(kind, each)
            for kind, key in ((RefType.BRANCH, "branches"), (RefType.TAG, "tags"))
            for each in (policy[key] if selected else ())
        ),
        protection_rules=frozenset(each.casefold() for each in body.get("deployment_protection_rules", [])),
        variables=body.get("variables", {}),
        secrets={key: source(key, each, "") for key, each in body.get("secrets", {}).items()},
        ignore=frozenset(Field(each) for each in body.get("ignore", [])),
        prune=body.get("prune", False),
    )


@given(found=documents, flow=st.booleans(), unicode=st.booleans())
def test_a_file_means_what_it_says(*, found: dict[str, Any], flow: bool, unicode: bool) -> None:
    whole = {"version": 1, "name": "payments", "repositories": ["acme/payments"], "environments": found}
    text = yaml.safe_dump(whole, default_flow_style=flow, allow_unicode=unicode, sort_keys=False, width=40)

    (repository,) = loaded_bytes(text.encode()).desired({})

    expected = [meant(name, body) for name, body in found.items()]
    assert list(repository.environments) == sorted(expected, key=lambda each: each.name.casefold())


@given(plains)
@example("1.10")
@example("on")
@example("0x1F")
@example("true")
@example("1:30")
@example("1e3")
def test_a_variable_is_the_text_in_the_file(plain: str) -> None:
    text = f"{HEAD}environments:\n  staging:\n    variables:\n      X: {plain}\n"

    (repository,) = loaded_bytes(text.encode()).desired({})

    assert repository.environments[0].variables == {"X": plain}


nulls = st.one_of(st.none(), st.just("text"))
layers = st.fixed_dictionaries(
    {},
    optional={
        "wait_timer": st.one_of(st.none(), st.integers(0, 9)),
        "prune": st.one_of(st.none(), st.booleans()),
        "variables": st.one_of(st.none(), st.dictionaries(st.sampled_from("abAB"), nulls)),
        "secrets": st.one_of(st.none(), st.dictionaries(st.sampled_from("ab"), nulls)),
    },
)


def layer(body: dict[str, Any]) -> Body:
    composed = compose(text_of(yaml.safe_dump(body)))
    assert isinstance(composed, Composition)
    assert isinstance(composed.root, Mapping)
    return body_of(composed.root)


bodies_of_layers = layers.map(layer)


def told(body: Body) -> dict[str, dict[str, str]]:
    parts = (body.fields, body.variables, body.secrets)
    return {
        str(index): {key: str(entry.value.span) for key, entry in part.items()} for index, part in enumerate(parts)
    }


@given(bodies_of_layers, bodies_of_layers, bodies_of_layers)
def test_layers_can_be_merged_in_any_grouping(low: Body, middle: Body, high: Body) -> None:
    assert merged(merged(low, middle), high) == merged(low, merged(middle, high))


@given(bodies_of_layers)
def test_an_empty_layer_changes_nothing(body: Body) -> None:
    assert merged(Body(), body) == merged(body, Body()) == body


@given(bodies_of_layers)
def test_a_layer_on_itself_is_itself(body: Body) -> None:
    assert merged(body, body) == body


@given(bodies_of_layers, bodies_of_layers)
def test_nothing_null_is_left_in_the_end(low: Body, high: Body) -> None:
    body = settled(merged(low, high))
    removed = {name for name, entry in high.fields.items() if entry.value.span == entry.key.span}

    assert settled(body) == body
    assert not removed & body.fields.keys()
    assert not told(body)["1"].keys() & {name for name in high.variables if name not in settled(high).variables}


VALID = f"""\
version: 1
name: payments
repositories: [acme/payments, "acme/service-*"]
defaults: {{can_admins_bypass: false}}
environments:
  staging:
    deployment_branch_policy:
      branches: [develop, main, "hotfix/*"]
    variables: {{AWS_REGION: eu-west-1, "B": '${{owner}}'}}
    secrets:
      ONE: {{env: {CANARY}}}
      TWO:
        file: "secrets/{CANARY}"
      THREE: {{command: [op, read, "{CANARY}"]}} # {CANARY}
      FOUR: {{env: {CANARY}, file: {CANARY}}}
      FIVE: {CANARY}
      SIX: |
        {CANARY}
        {CANARY}
      SEVEN: external
    ignore: [wait_timer]
  production:
    required_reviewers:
      - team-lead
      - acme/devops
    secrets: {{DB: {{env: {CANARY}}}, KEY: "{CANARY}", LAST: '{CANARY}'}}
    wait_timer: 2h
overrides:
  acme/payments:
    environments: {{staging: {{secrets: {{FIVE: {CANARY}}}, prune: true}}}}
"""

pieces = st.one_of(
    st.sampled_from(["\n", " ", "  ", "\t", ":", ": ", "-", "- ", "{", "}", "[", "]", ",", "#", "'", '"', "\\"]),
    st.sampled_from(
        ["&a ", "*a", "!x ", "|", ">", "%", "@", "`", "?", "? ", "<<: ", "---\n", "...", "${", "$", "\x00"]
    ),
    st.sampled_from(["secrets:", "secrets: {", "wait_timer:", "\x85", "\u2028", "é", "\ud7ff", "😀", "~", "null"]),
    st.text(max_size=3),
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The valid file with something put in, taken out or moved; the word `secrets` and its canaries stay whole."""
    text = VALID
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 3))
        text = text[:start] + draw(pieces) + text[end:]
    return text


def said(data: bytes) -> str:
    """All that is ever said of a file."""
    try:
        configuration = loaded_bytes(data)
        desired = configuration.desired({pattern.text: () for pattern in configuration.patterns})
    except ConfigError as error:
        return f"{render(error.diagnostics, color=False, width=4_000)} {error} {error.diagnostics!r}"
    assert isinstance(desired, tuple)
    return repr(configuration.warnings)


def test_the_file_of_these_tests_holds_no_secret_that_is_shown() -> None:
    assert CANARY not in said(VALID.encode())


@given(st.integers(0, len(VALID)), st.integers(0, 2), pieces)
def test_one_slip_never_shows_a_secret(start: int, length: int, piece: str) -> None:
    text = VALID[:start] + piece + VALID[start + length :]

    assert CANARY not in said(text.encode("utf-8", "surrogatepass"))


@given(mutations())
def test_three_slips_raise_nothing_but_config_error(text: str) -> None:
    assert isinstance(said(text.encode("utf-8", "surrogatepass")), str)


@given(st.binary(max_size=60))
def test_any_bytes_raise_nothing_but_config_error(data: bytes) -> None:
    assert isinstance(said(data), str)
    assert isinstance(said(HEAD.encode() + data), str)


@given(st.integers(0, len(VALID)))
def test_a_file_cut_short_never_shows_a_secret(end: int) -> None:
    assert CANARY not in said(VALID[:end].encode())
