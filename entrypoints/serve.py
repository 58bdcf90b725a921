"""`serve` is the parent of everything: the database, the API, the job workers."""

import os
import socket
import time
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection, HTTPException

import structlog

from entrypoints.database import embedded, is_current
from entrypoints.embedded_postgres import Cluster
from entrypoints.settings import Settings
from entrypoints.supervisor import Command, Stopped, Watched, end, hold_signals, supervise

_log = structlog.get_logger("serve")


class PortTaken(Exception):
    """Another process listens where we were told to."""


def serve(settings: Settings) -> None:
    """Start everything, keep it running, stop it on SIGINT or SIGTERM. Raises PortTaken,
    AlreadyRunning, ClusterFailed and Unreachable before anything is served."""
    began = time.monotonic()
    _require_free(settings.host, settings.port)
    hold_signals()
    cluster, url = _database(settings)
    environ = {**os.environ, "DATABASE_URL": url}
    environ.pop("DATABASE_URL_FILE", None)  # it has been read
    api = Command(["api"], environ)
    workers = [Command(["worker"], environ) for _ in range(settings.job_workers)]
    watched = [Watched("api", api)]
    with ExitStack() as stack:
        if cluster is not None:
            stack.callback(cluster.stop)
            watched.append(Watched("postgres", cluster))
        stack.callback(end, [api, *workers])
        with suppress(Stopped):
            api.prepare()  # its imports take longer than the database
            if cluster is not None:
                cluster.start()
            _migrate(url, environ)
            api.release()
            supervise(watched, until=lambda: _answers(settings.host, settings.port), every=0.02)
            _greet(settings, time.monotonic() - began)
            for number, worker in enumerate(workers, 1):  # whoever waits for an answer comes first
                worker.launch()
                watched.append(Watched(f"worker-{number}", worker))
            supervise(watched)
        _log.info("stopping")


def _database(settings: Settings) -> tuple[Cluster | None, str]:
    if settings.database_url is not None:
        return None, settings.database_url
    cluster = embedded(settings)
    return cluster, cluster.url()


def _migrate(url: str, environ: dict[str, str]) -> None:
    if is_current(url):
        return
    if code := Command(["migrate"], environ).run():
        raise SystemExit(code)


def _require_free(host: str, port: int) -> None:
    """granian shares a port with whoever listens there already, without a word."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, port)) == 0:
            raise PortTaken(f"{host}:{port} is in use: stop what listens there, or set PORT")


def _answers(host: str, port: int) -> bool:
    """granian takes connections before it answers them, so to connect is not enough."""
    with closing(HTTPConnection(host, port, timeout=0.5)) as api:
        try:
            api.request("GET", "/health")
            return api.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def _greet(settings: Settings, seconds: float) -> None:
    address = f"http://{settings.host}:{settings.port}"
    lines = {
        "API": f"{address}/api/v1",
        "Docs": f"{address}/docs" if settings.shows_docs else "off (API_DOCS=true shows them)",
        "Health": f"{address}/api/v1/health/detailed",
        "Data": str(settings.data_dir.resolve()),
        "Try it": "make demo, in another terminal",
        "An admin": "make admin EMAIL=you@example.org",
        "Stop": "Ctrl-C",
    }
    print(f"\nColonnade answers, after {seconds:.1f} s.\n")  # noqa: T201  for the person at the terminal
    for name, line in lines.items():
        print(f"  {name:<9} {line}")  # noqa: T201
    print(flush=True)  # noqa: T201
