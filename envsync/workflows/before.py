"""What comes before a job, directly or not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from envsync.workflows.flow import Flow


def before(flow: Flow) -> Mapping[str, frozenset[str]]:
    """By id of each run, the ids of those before it. The needs of a flow form no circle."""
    needs = {run.id: run.needs for run in flow.runs}
    found: dict[str, frozenset[str]] = {}
    for first in needs:
        stack = [first]
        while stack:
            id_ = stack[-1]
            if waiting := [each for each in needs[id_] if each not in found]:
                stack += waiting
            else:
                found[id_] = frozenset(needs[id_]).union(*(found[each] for each in needs[id_]))
                stack.pop()
    return found


def nearest(flow: Flow, kept: AbstractSet[str]) -> Mapping[str, frozenset[str]]:
    """By id of each run, those of `kept` that come before it with none of `kept` between."""
    needs = {run.id: run.needs for run in flow.runs}
    earlier = before(flow)
    found: dict[str, frozenset[str]] = {}
    for id_ in sorted(needs, key=lambda each: len(earlier[each])):
        reached = frozenset[str]().union(*({each} if each in kept else found[each] for each in needs[id_]))
        hidden = frozenset[str]().union(*(earlier[each] for each in reached))
        found[id_] = reached - hidden
    return found
