"""Run as a program: kill runs of `write_folder` at random moments and say what each left.

Usage: killed_at_random.py FOLDER exchange|aside KILLS SEED. Each run writes one content after another. Writes one JSON
line for each kill: whether the folder `found` under the name is whole (null where there is none), the same after it was
`recovered` by the next start, and the `litter` beside it then.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.report.load_folder import module

NAMES = ("plan.json", "actions.csv", "report.html", "certificate.npz")
CONTENTS = [dict.fromkeys(NAMES, bytes([65 + letter]) * 60_000) for letter in range(3)]


def whole(folder):
    if not os.path.lexists(folder):
        return None
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    listed = dict(reversed(line.split("  ")) for line in found.pop(module.MANIFEST, b"").decode().splitlines())
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    return found in CONTENTS and digests == listed


def child(target, ready):
    os.write(ready, b"r")
    try:
        while True:
            for content in CONTENTS:
                module.write_folder(target, content)
    finally:
        os._exit(9)


def main():
    target, mode, kills, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if mode == "aside":
        vars(module)["_exchange"] = lambda *_: False
    generator = random.Random(seed)
    began = time.monotonic()
    for content in CONTENTS:
        module.write_folder(target, content)
    longest = time.monotonic() - began
    for _ in range(kills):
        heard, ready = os.pipe()
        process = os.fork()
        if process == 0:
            child(target, ready)
        os.read(heard, 1)
        time.sleep(generator.uniform(0, longest))
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("the run ended by itself")
        os.close(heard)
        os.close(ready)
        line = {"found": whole(target)}
        module.recover_folder(target)
        line["recovered"] = whole(target)
        line["litter"] = sorted(path.name for path in target.parent.iterdir() if path != target)
        print(json.dumps(line))


if __name__ == "__main__":
    main()
