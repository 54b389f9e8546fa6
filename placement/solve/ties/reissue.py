"""A proof for another plan of the same value."""

from __future__ import annotations

from dataclasses import replace

from placement.values import Certificate
from placement.values.arrays import BoolArray


def reissued(certificate: Certificate, chosen: BoolArray) -> Certificate:
    """Return the certificate with another plan of the same value: what it proves does not depend on the plan."""
    unsealed = replace(certificate, chosen=chosen, digest="")
    return replace(unsealed, digest=unsealed.content_digest())
