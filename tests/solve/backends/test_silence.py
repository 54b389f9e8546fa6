"""What a library prints by itself goes nowhere; what is printed before and after arrives."""

import os
from pathlib import Path

import pytest

from placement.solve.backends.silence import no_standard_output


def test_what_is_written_past_python_goes_nowhere(capfd):
    os.write(1, b"before\n")
    with no_standard_output():
        os.write(1, b"a library\n")
    with pytest.raises(OSError, match="Bad file descriptor"), no_standard_output():
        os.write(1, b"a library that fails\n") and os.write(-1, b"")
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "before\nafter\n"


def test_no_file_is_left_open():
    def open_files():
        return sorted(path.name for path in Path("/proc/self/fd").iterdir())

    before = open_files()
    with no_standard_output():
        assert len(open_files()) == len(before) + 1 + 1  # the kept output and the one that goes nowhere
    assert open_files() == before
