"""Run as a program: kill a run of `write_folder` at each of its file system calls and say what it left.

Usage: killed_at_each_call.py FOLDER exchange|aside, where FOLDER holds the old files. Writes one JSON line for each
call: its number, its name, the files `found` under the name (null where there is no folder), and those `recovered` by
the next start.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.report.load_folder import module

NEW = {"plan.json": b"new plan" * 50_000, "report.html": b"<p>new", "added.csv": b"1"}
CALLS = ("mkdir", "rename", "fsync", "rmdir", "unlink", "open", "close", "scandir", "stat", "fdopen")


def listing(folder):
    if not folder.exists():
        return None
    return {entry.name: entry.read_bytes().hex()[:64] + str(entry.stat().st_size) for entry in sorted(folder.iterdir())}


def child(target, mode, fatal, report):
    count = 0

    def counted(name, function):
        def call(*args, **kwargs):
            nonlocal count
            result = function(*args, **kwargs)
            count += 1
            if count == fatal:
                report.write_text(name)
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    for name in CALLS:
        setattr(os, name, counted(name, getattr(os, name)))
    exchange = vars(module)["_exchange"] if mode == "exchange" else lambda *_: False
    vars(module)["_exchange"] = counted("exchange", exchange)
    module.write_folder(target, NEW)
    os._exit(0)


def main():
    target, mode = Path(sys.argv[1]), sys.argv[2]
    backup = target.parent / "backup"
    report = target.parent / "report"
    for fatal in range(1, 1000):
        process = os.fork()
        if process == 0:
            child(target, mode, fatal, report)
        _, status = os.waitpid(process, 0)
        killed = os.WIFSIGNALED(status)
        if not killed and os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"the run failed at call {fatal}")
        line = {"call": fatal, "name": report.read_text() if killed else "end", "found": listing(target)}
        module.recover_folder(target)
        line["recovered"] = listing(target)
        module.write_folder(target, NEW)
        line["rewritten"] = listing(target)
        line["litter"] = sorted(entry.name for entry in target.parent.iterdir() if entry.name.startswith("."))
        print(json.dumps(line))
        if not killed:
            break
        shutil.rmtree(target)
        shutil.copytree(backup, target)


if __name__ == "__main__":
    main()
