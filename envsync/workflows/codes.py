"""What reading workflows can find wrong: the stable slug that scripts may match on."""

from __future__ import annotations

UNREADABLE = "workflow-unreadable"
MISSING = "workflow-missing"
