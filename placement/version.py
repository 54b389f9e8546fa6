"""The version of this library, on its own so that whoever needs it loads nothing else."""

__version__ = "0.1.0"
