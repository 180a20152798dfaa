"""A cluster of this machine's own takes what the process may use, no more."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("distributed")

from recommender import resources
from recommender.cluster.client import cluster


def test_workers_share_the_processors_and_the_memory_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processors of quota and 2 GB make two workers of one thread and 1 GB each."""
    files = {
        "proc/self/cgroup": "0::/",
        "sys/fs/cgroup/cpu.max": "200000 100000",
        "sys/fs/cgroup/memory.max": "2000000000",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(resources, "ROOT", tmp_path)
    monkeypatch.setattr(resources, "_processors_to_run_on", lambda: 8)
    with cluster() as client:
        workers = client.scheduler_info()["workers"].values()
    assert [(w["nthreads"], w["memory_limit"]) for w in workers] == [(1, 1_000_000_000)] * 2
