"""Is a secret or variable named after an environment? `PROD_HOST` and `KUBECONFIG_PRD` are, after `production`."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 3  # letters of what stands for a longer word


def named_after(name: str, environment: str) -> bool:
    words = _WORD.findall(environment.casefold())
    return any(_stands_for(part, word) for part in _WORD.findall(name.casefold()) for word in words)


def _stands_for(short: str, word: str) -> bool:
    """The word itself, or some of its letters in their order, the first one included."""
    if len(short) < _SHORTEST or short[0] != word[0]:
        return short == word
    letters = iter(word)
    return all(letter in letters for letter in short)
