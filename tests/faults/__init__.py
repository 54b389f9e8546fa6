"""Faults that come from outside: of the machine, the disk, the console, other users, missing parts."""
