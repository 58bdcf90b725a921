"""A worker whose database goes away says so in a line, and leaves the rest to `serve`."""

from pathlib import Path

from entrypoints.database import migrate
from entrypoints.embedded_postgres import Cluster
from tests.running import PATIENCE, Running, until


def test_a_worker_that_loses_its_database_ends_with_a_line(tmp_path: Path) -> None:
    with Cluster(tmp_path / "pg", {}, durable=False) as cluster:
        migrate(cluster.url())
        environ = {"DATABASE_URL": cluster.url(), "DATA_DIR": str(tmp_path / "data")}
        worker = Running("worker", tmp_path / "worker.log", environ | {"EMBEDDINGS": "none"})
        worker.start()
        try:
            until(lambda: "SweepFiles" in worker.output)  # what it does at its start is done
            cluster.stop()
            assert worker.process.wait(PATIENCE) == 1
        finally:
            worker.end()
    assert "database_lost" in worker.output
    assert "Traceback" not in worker.output
