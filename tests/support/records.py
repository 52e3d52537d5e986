"""Hypothesis strategies for records: all that one can say."""

from __future__ import annotations

from hypothesis import strategies as st

from envsync.model import Field, Pattern, RefPolicy, RefType, Settings, Team, UnknownReviewer, User
from envsync.plan.moments import FIRST, LAST
from envsync.plan.record import IntendedVariable, Intent, Made, Place, Record, RecordedSecret, RecordedVariable
from envsync.plan.strictness import Protection

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
words = st.text("abcXYZ019-_", min_size=1, max_size=8)
names = st.text("ABC_", min_size=1, max_size=4)
made = st.sampled_from(Made)
key_ids = st.text("0123456789abcdef", min_size=8, max_size=8)
plain_marks = st.text(_ALPHABET, min_size=16, max_size=16)
marks = plain_marks | st.builds("{}@{}".format, plain_marks, key_ids)
moments = st.integers(FIRST, LAST)
reviewers = (
    st.builds(User, words) | st.builds(Team, words, words) | st.builds(UnknownReviewer, words, words | texts)
)
protections = st.builds(
    Protection,
    st.builds(
        Settings,
        required_reviewers=st.lists(reviewers, max_size=6).map(tuple),
        wait_timer=st.integers(0, 43_200),
        prevent_self_review=st.booleans(),
        can_admins_bypass=st.booleans(),
        deployment_branch_policy=st.sampled_from(RefPolicy),
    ),
    st.frozensets(st.builds(Pattern, st.sampled_from(RefType), texts), max_size=3),
    st.frozensets(texts, max_size=2),
)
intents = st.builds(
    Intent,
    st.none() | st.tuples(protections, protections),
    st.dictionaries(names, st.builds(IntendedVariable, st.none() | marks, st.none() | marks), max_size=4),
    st.dictionaries(names, st.none() | moments, max_size=4),
)
fields = st.frozensets(st.sampled_from(Field), max_size=2)
records = st.builds(
    Record,
    owner=texts,
    time=moments,
    made=made,
    protection=st.none() | protections,
    ignore=fields,
    unread=fields,
    never_touch=st.frozensets(texts, max_size=2),
    prune=st.booleans(),
    variables=st.dictionaries(names, st.builds(RecordedVariable, made, marks), max_size=4),
    secrets=st.dictionaries(
        names, st.builds(RecordedSecret, made, st.none() | marks, st.none() | moments), max_size=4
    ),
    intent=st.none() | intents,
)
places = st.builds(Place, texts, st.integers(1, 10**12), st.integers(1, 10**12))
