"""A record made by the workers of a Dask cluster has the bytes of one made by one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_record import bytes_of, configuration

from mcca_ml.errors import ConfigError
from mcca_ml.pipeline.run import Workers, run

distributed = pytest.importorskip("distributed")

# What Dask itself warns of, on its own account, is not ours to mend.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with two workers, processes of their own, on the loopback alone."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:
        yield cluster.scheduler_address


def worked(address: str) -> int:
    """How many of the workers have done a task."""
    with distributed.Client(address, set_as_default=False) as client:
        log = client.run(lambda dask_worker: len(dask_worker.state.log))
    return sum(count > 0 for count in log.values())


@pytest.mark.slow
def test_a_cluster_makes_the_same_bytes(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, scheduler: str
):
    found = run(configuration(tmp_path, tiny_world), workers=Workers(cluster=scheduler))
    assert all(tally.tasks for tally in found)
    assert worked(scheduler) == 2
    assert bytes_of(tmp_path) == bytes_of(tiny_record)


def test_an_address_where_no_scheduler_is(tiny_world: Path, tmp_path: Path):
    path = configuration(tmp_path, tiny_world)
    with pytest.raises(ConfigError, match="no scheduler answers") as raised:
        run(path, workers=Workers(cluster="tcp://127.0.0.1:9", seconds=0.5))
    assert "\n" not in str(raised.value)
