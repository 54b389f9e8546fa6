"""``python -m placement``, and the command ``placement``."""

from placement.cli import main
from placement.warming import beside_this_run


def run() -> None:
    """Run the command, with a process beside it that compiles what no run has compiled yet."""
    beside_this_run()
    main(prog_name="placement")


if __name__ == "__main__":
    run()
