"""The judge: recounts a plan from the inputs with code that shares nothing with what made it."""

from placement.verify.certificate import check_certificate
from placement.verify.folder import Verdict, verify_folder

__all__ = ["Verdict", "check_certificate", "verify_folder"]
