"""What the embedded GitHub knows of deployments. Workflows make them, and here nothing but `Sandbox.deploy`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

DeploymentState = Literal["error", "failure", "inactive", "pending", "success", "queued", "in_progress"]


@dataclass(slots=True)
class DeploymentStatus:
    id: int
    state: DeploymentState
    created_at: str


@dataclass(slots=True)
class Deployment:
    id: int
    environment: str  # as the workflow named it, whether there is such an environment or not
    ref: str
    sha: str
    creator: str  # login
    created_at: str
    statuses: list[DeploymentStatus] = field(default_factory=list)  # oldest first
