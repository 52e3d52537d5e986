"""One layer of an environment, and how layers are laid upon each other.

Variables and secrets merge name by name, every other field replaces whole; null removes what lies below. A merged
body keeps its nulls, so that layers can be merged in any grouping; `settled` drops them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.documents.nodes import Entry, Mapping, Scalar
from envsync.documents.scalars import is_null

if TYPE_CHECKING:
    import collections.abc

    from envsync.documents.nodes import Node

MERGING = ("variables", "secrets")


@dataclass(frozen=True, slots=True)
class Body:
    fields: collections.abc.Mapping[str, Entry] = field(default_factory=dict)  # but variables and secrets
    variables: collections.abc.Mapping[str, Entry] = field(default_factory=dict)  # by name in upper case
    secrets: collections.abc.Mapping[str, Entry] = field(default_factory=dict)
    cleared: collections.abc.Mapping[str, Entry] = field(
        default_factory=dict
    )  # `variables`, `secrets` that are null
    lost: frozenset[str] = frozenset()  # fields, variables and secrets that were written, but not understood


def body_of(node: Mapping) -> Body:
    """`node` is valid. Of names that differ in case alone, the first counts."""
    merging = {name: node.get(name) for name in MERGING}
    return Body(
        fields={entry.key.text: entry for entry in node.entries if entry.key.text not in MERGING},
        variables=_named(merging["variables"]),
        secrets=_named(merging["secrets"]),
        cleared={
            entry.key.text: entry for entry in node.entries if entry.key.text in MERGING and nothing(entry.value)
        },
        lost=node.lost.union(*(_lost(value) for value in merging.values())),
    )


def merged(lower: Body, upper: Body) -> Body:
    return Body(
        fields={**lower.fields, **upper.fields},
        variables={**({} if "variables" in upper.cleared else lower.variables), **upper.variables},
        secrets={**({} if "secrets" in upper.cleared else lower.secrets), **upper.secrets},
        cleared={**lower.cleared, **upper.cleared},
        lost=lower.lost | upper.lost,
    )


def settled(body: Body) -> Body:
    return Body(
        fields=_without_nulls(body.fields),
        variables=_without_nulls(body.variables),
        secrets=_without_nulls(body.secrets),
        lost=body.lost,
    )


def nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and is_null(node)


def _named(node: Node | None) -> dict[str, Entry]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return {entry.key.text.upper(): entry for entry in reversed(entries)}


def _lost(node: Node | None) -> frozenset[str]:
    return frozenset(name.upper() for name in node.lost) if isinstance(node, Mapping) else frozenset()


def _without_nulls(entries: collections.abc.Mapping[str, Entry]) -> dict[str, Entry]:
    return {name: entry for name, entry in entries.items() if not nothing(entry.value)}
