"""A proof for another plan of the same value, or for none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from placement.values import Certificate
from placement.values.arrays import BoolArray


def reissued(certificate: Certificate, chosen: BoolArray) -> Certificate:
    """Return the certificate with another plan of the same value: what it proves does not depend on the plan."""
    unsealed = replace(certificate, chosen=chosen, digest="")
    return replace(unsealed, digest=unsealed.content_digest())


def without_plan(certificate: Certificate) -> Certificate:
    """Return a proof of the same bound that comes with no plan: the plan at hand may be of another program."""
    kept: dict[str, Any] = {
        name: getattr(certificate, name)
        for name in certificate.__dataclass_fields__
        if name not in {"scale", "digest", "chosen", "objective", "has_plan"}
    }
    return Certificate.seal(**kept, chosen=np.zeros_like(certificate.chosen), objective=0, has_plan=False)
