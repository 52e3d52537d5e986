"""What a mapping holds, with its merge keys (`<<`) and its duplicates.

The merge key is YAML 1.1's (https://yaml.org/type/merge.html): a key of the mapping's own wins over a merged one,
an earlier merged mapping over a later one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.documents.codes import Code
from envsync.documents.nodes import Entry, Mapping, Scalar, Sequence
from envsync.documents.oddities import Oddity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.documents.nodes import Node
    from envsync.errors import Span


def mapping_of(span: Span, entries: Iterable[Entry], *, usable: bool) -> tuple[Mapping, list[Oddity]]:
    effective: dict[str, Entry] = {}
    merges: list[Entry] = []
    discarded: list[Entry] = []
    oddities: list[Oddity] = []
    for entry in entries:
        key = entry.key
        if not key.usable:
            discarded.append(entry)
        elif key.text == "<<" and key.plain and not merges:
            merges.append(entry)
        elif key.text in effective or (key.text == "<<" and key.plain):
            first = effective.get(key.text) or merges[0]
            oddities.append(Oddity(Code.DUPLICATE_KEY, key.span, key.text, first=first.key.span))
            discarded.append(entry)
        else:
            effective[key.text] = entry
    for merge in merges:
        sources = _sources(merge.value)
        if sources is None:
            oddities.append(Oddity(Code.YAML_MERGE, merge.key.span))
            discarded.append(merge)
        for source in sources or ():
            hidden = [
                entry for entry in source.entries if effective.setdefault(entry.key.text, entry) is not entry
            ]
            discarded += (*hidden, *source.discarded)
    return Mapping(span, tuple(effective.values()), tuple(discarded), usable=usable), oddities


def _sources(value: Node) -> list[Mapping] | None:
    if isinstance(value, Scalar) and not value.usable:
        return []
    candidates = value.items if isinstance(value, Sequence) else (value,)
    found = [candidate for candidate in candidates if isinstance(candidate, Mapping)]
    return found if len(found) == len(candidates) else None
