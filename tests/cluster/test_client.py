"""A cluster: what one of this machine's own takes, how to join another, and what can go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("distributed")

import dask
import distributed

from recommender import resources
from recommender.cluster.client import cluster
from recommender.errors import ConfigError, RecommenderError


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


def test_work_runs_on_the_scheduler_that_is_named() -> None:
    """The address of a running scheduler is joined, and its workers do the work."""
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address=None, protocol="tcp"
        ) as running,
        cluster(running.scheduler_address) as client,
    ):
        assert client.scheduler.address == running.scheduler_address
        assert client.submit(sum, [1, 2]).result() == 3


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "no://such:1"])
def test_a_scheduler_that_does_not_answer_is_an_error_that_names_it(address: str) -> None:
    """A wrong address gives one message with a hint, not a traceback of the network."""
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "100ms"}),
        pytest.raises(ConfigError, match=f"no answer from '{address}'") as error,
        cluster(address),
    ):
        pass
    assert "dask scheduler" in error.value.hint


def test_workers_that_die_repeatedly_are_an_error_of_this_package() -> None:
    """Whoever runs out of memory reads what to change."""
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address=None, protocol="tcp"
        ) as running,
        pytest.raises(RecommenderError, match="workers died repeatedly at rows-7") as error,
        cluster(running.scheduler_address),
    ):
        raise distributed.KilledWorker("rows-7", None, 3)
    assert "more memory" in error.value.hint
