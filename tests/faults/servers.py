"""Database servers that a test starts, kills and starts again, in a folder of their own."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


class Server:
    """A server on a socket in its folder; root, whom servers refuse, starts it as somebody else."""

    def __init__(self):
        # A socket's path has a hundred characters at most, fewer than a test's own folder.
        self.folder = Path(tempfile.mkdtemp(prefix="minority-tuner-"))
        self.data = self.folder / "data"
        self.owner = {"user": self.user, "extra_groups": []} if os.geteuid() == 0 else {}
        if self.owner:
            shutil.chown(self.folder, self.user)
        self.process = None

    def call(self, *command):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self.owner,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        """Starts it and waits until it answers; parts that a kill left may still be ending."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(
                    [str(part) for part in self.command()],
                    cwd=self.folder,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    **self.owner,
                )
            if self.answers():
                return
            time.sleep(0.05)
        raise AssertionError("the server does not start")

    def kill(self):
        """SIGKILL for all of its processes."""
        for pid in [self.process.pid, *children(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder)


def children(pid):
    stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    fields = [(stat.split()[0], stat.rpartition(")")[2].split()[1]) for stat in stats]
    return [int(child) for child, parent in fields if int(parent) == pid]


class PostgreSQL(Server):
    """Debian's PostgreSQL, of whatever version."""

    user = "postgres"

    def __init__(self, programs):
        self.programs = programs
        super().__init__()
        self.call(programs / "initdb", "-D", self.data, "-A", "trust", "-U", "tuner", "-N")
        self.start()
        self.create("db")

    def command(self):
        yield from (self.programs / "postgres", "-D", self.data, "-k", self.folder)
        yield from ("-c", "listen_addresses=", "-F")

    def answers(self):
        ready = [self.programs / "pg_isready", "-q", "-h", self.folder]
        return subprocess.run(ready, check=False).returncode == 0

    def create(self, name):
        """A new database, and its URL."""
        self.call(self.programs / "createdb", "-h", self.folder, "-U", "tuner", name)
        return f"postgresql://tuner@/{name}?host={self.folder}"


class MariaDB(Server):
    """Debian's MariaDB, which speaks MySQL's protocol."""

    user = "mysql"

    def __init__(self):
        super().__init__()
        self.socket = self.folder / "socket"
        self.call(
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={self.data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        self.start()

    def command(self):
        yield from ("mariadbd", "--no-defaults", f"--datadir={self.data}", "--skip-networking")
        yield from (f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}")

    def ask(self, *command):
        program = ["mariadb-admin", "--no-defaults", f"--socket={self.socket}", "--user=root"]
        return (
            subprocess.run([*program, *command], capture_output=True, check=False).returncode == 0
        )

    def answers(self):
        return self.ask("ping")

    def create(self, name):
        """A new database, and its URL."""
        assert self.ask("create", name)
        return f"mysql://root@localhost/{name}?unix_socket={self.socket}"


def start_postgresql():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("Debian's package postgresql is not installed")
    return PostgreSQL(found[-1].parent)


def start_mariadb():
    if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
        pytest.skip("Debian's package mariadb-server is not installed")
    return MariaDB()
