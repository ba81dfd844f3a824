"""Runs one study in several processes that share a server, and kills one; a program of its own.

Each process stands for a machine: two of them share a run folder, the others have their own. Like
`kills`, it forks its runs and trains a stand-in. Prints what it saw as JSON.

    python cluster.py FOLDER URL
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import kills

TRIALS = 24
FOLDERS = ("a", "a", "b")
"""Run folders of the machines; the second one finds its folder in use."""
KILLED_AFTER = 12
"""Networks after which the first machine is killed."""
IN_USE = "another process writes"
"""What the second machine tells of its folder."""


def begin(root, name, log, *storage):
    arguments = ["run", str(root / "study.yaml"), "--runs-dir", str(root / name), *storage]
    return kills.begin([*arguments, "--set", f"search.trials={TRIALS}"], log)


def search(root, url):
    """Exit statuses of the machines; None for the one that was killed."""
    log = root / "log"
    first = begin(root, FOLDERS[0], log, "--storage", url)
    # So that it is the first one that holds the folder, and is not done before the second comes.
    wait_for(first, (root / FOLDERS[0] / "killed" / "environment.json").exists)
    os.killpg(first, signal.SIGSTOP)
    second = begin(root, FOLDERS[1], log, "--storage", url)
    wait_for(second, lambda: IN_USE in Path(f"{log}.said").read_text())
    os.killpg(first, signal.SIGCONT)
    others = [second, begin(root, FOLDERS[2], log, "--storage", url)]
    wait_for(first, lambda: len(kills.lines(log)) >= KILLED_AFTER)
    os.killpg(first, signal.SIGKILL)
    os.waitpid(first, 0)
    return [None, *(kills.wait(child, 120) for child in others)]


def wait_for(child, condition):
    """Waits for what a run does; fails where it ends before."""
    while not condition():
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "a machine has ended"
        time.sleep(0.01)


def main():
    root, url = Path(sys.argv[1]), sys.argv[2]
    import tuner.search.run
    import tuner.workflow

    real = tuner.search.run.HeldOnServer
    tuner.search.run.HeldOnServer = partial(real, interval=0.2)
    (root / "study.yaml").write_text(kills.STUDY)
    statuses = search(root, url)
    alone = kills.wait(begin(root, "alone", root / "alone.log"), 120)
    seen = {
        "statuses": statuses,
        "alone": alone,
        "trained": kills.lines(root / "log"),
        "unbroken": kills.lines(root / "alone.log"),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
