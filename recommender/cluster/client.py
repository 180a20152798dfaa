"""A Dask cluster for a `with` block: a named one, or processes on this machine."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from recommender.errors import ConfigError, MissingDependencyError, RecommenderError
from recommender.resources import available_memory, processors

if TYPE_CHECKING:
    from distributed import Client


@contextlib.contextmanager
def cluster(
    scheduler: str | None = None, workers: int | None = None, memory_limit: str | float = "auto"
) -> Iterator[Client]:
    """Connect to a cluster, or start one on this machine for a `with` block.

    Parameters
    ----------
    scheduler : str, optional
        Address of a running scheduler, such as ``tcp://10.0.0.1:8786``.
    workers : int, optional
        Number of processes of a local cluster, with one thread each; default: one per processor
        that this process may use.
    memory_limit : str or float, default "auto"
        Memory of each process, such as ``"2GB"``; other data is spilled to disk. By default
        the processes share the memory that this process may use.

    Yields
    ------
    distributed.Client

    Raises
    ------
    MissingDependencyError
        If Dask is not installed.
    ConfigError
        If nothing answers at the address.
    RecommenderError
        If workers died repeatedly at the same task.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise MissingDependencyError("Dask", "dask", "engine dask") from None
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"scheduler: no answer from {scheduler!r}",
                "start one with `dask scheduler`, or leave scheduler out for a local cluster",
            ) from error
        with client, _deaths_told():
            yield client
        return
    workers = workers or processors()
    if memory_limit == "auto":
        memory_limit = available_memory() // workers
    local = distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=memory_limit,
        dashboard_address=":0",
        silence_logs=logging.ERROR,
    )
    with local, distributed.Client(local, set_as_default=False) as client, _deaths_told():
        yield client


@contextlib.contextmanager
def _deaths_told() -> Iterator[None]:
    """Turn Dask's error for a task that kills its workers into an error of this package."""
    from distributed import KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise RecommenderError(
            f"engine dask: workers died repeatedly at {error.task!s:.60}",
            "give the workers more memory, or cut the source into smaller pieces",
        ) from error
