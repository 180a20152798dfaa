"""A MariaDB server of the tests: started in a temporary directory, and stopped at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import missing

PASSWORD = "rye & oats/9@x:#"
"""Password of the user, with what a URL must escape."""
USER = "farm"
STARTED_IN = 30
"""Seconds to wait for the server."""
PLACES = "/usr/sbin:/usr/local/sbin:/usr/libexec"
"""Directories of programs that are not on the path of every user."""
SMALL = (
    "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M", "--innodb-flush-method=fsync",
    "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--performance-schema=OFF",
)  # fmt: skip


class MariaDb(NamedTuple):
    """A running server."""

    port: int
    """Of 127.0.0.1."""
    socket: Path

    def connect(self, database: str | None = None) -> Any:
        """Return a connection of `USER`, who may do everything, through PyMySQL."""
        import pymysql

        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            database=database,
            autocommit=True,
        )

    def create(self, database: str) -> str:
        """Make an empty database; return its SQLAlchemy URL with the password."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")
            cursor.execute(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4")
        return self.url(database)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, with the password."""
        from sqlalchemy import URL

        made = URL.create("mysql+pymysql", USER, PASSWORD, "127.0.0.1", self.port, database)
        return made.render_as_string(hide_password=False)


@contextmanager
def running(folder: Path) -> Iterator[MariaDb]:
    """Run a server with its data in an empty directory, for as long as the block runs.

    Without the program, a test fails on CI and is skipped elsewhere.
    """
    data, place = folder / "data", folder / "s"
    own = [f"--user={'root' if _is_root() else os.environ.get('USER', 'nobody')}"]
    install, server = _program("mariadb-install-db"), _program("mariadbd")
    _done(install, "--no-defaults", *own, f"--datadir={data}", "--skip-test-db",
          "--auth-root-authentication-method=normal")  # fmt: skip
    first = folder / "first.sql"
    spelled = PASSWORD.replace("'", "''")
    first.write_text(
        f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{spelled}';\n"
        f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
    )
    port = free_port()
    command = [
        server, "--no-defaults", *own, *SMALL, f"--datadir={data}", f"--socket={place}",
        f"--pid-file={folder / 'pid'}", f"--port={port}", "--bind-address=127.0.0.1",
        "--skip-name-resolve", f"--init-file={first}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        made = MariaDb(port, place)
        _wait_for(made, process, folder / "log")
        yield made
    finally:
        process.terminate()
        try:
            process.wait(STARTED_IN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """One server for all tests of a session; each makes its own database."""
    with running(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _program(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PLACES}") or missing(name)


def _done(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(server: MariaDb, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTED_IN
    while time.monotonic() < end and process.poll() is None:
        with suppress(Exception):  # not ready yet
            server.connect().close()
            return
        time.sleep(0.05)
    pytest.fail(f"mariadbd did not start:\n{log.read_text()[-3000:]}")
