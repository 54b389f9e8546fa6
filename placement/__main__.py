"""``python -m placement``."""

from placement.cli import main

if __name__ == "__main__":
    main(prog_name="placement")
