"""`serve` is the parent of everything: the database, the API, the job workers."""

import os
import socket
from contextlib import ExitStack, closing

import structlog

from entrypoints.database import embedded, is_current
from entrypoints.settings import Settings
from entrypoints.supervisor import Command, Watched, end, hold_signals, supervise

_log = structlog.get_logger("serve")


class PortTaken(Exception):
    """Another process listens where we were told to."""


def serve(settings: Settings) -> None:
    """Start everything, keep it running, stop it on SIGINT or SIGTERM. Raises PortTaken,
    AlreadyRunning and ClusterFailed before anything else is started."""
    _require_free(settings.host, settings.port)
    hold_signals()
    with ExitStack() as stack:
        watched = []
        url = settings.database_url
        if url is None:
            cluster = stack.enter_context(embedded(settings))
            watched.append(Watched("postgres", cluster))
            url = cluster.url()
        environ = os.environ | {"DATABASE_URL": url}
        _migrate(url, environ)
        commands = {"api": Command(["api"], environ)}
        for number in range(1, settings.job_workers + 1):
            commands[f"worker-{number}"] = Command(["worker"], environ)
        stack.callback(end, list(commands.values()))
        for name, command in commands.items():
            command.launch()
            watched.append(Watched(name, command))
        _greet(settings)
        supervise(watched)
        _log.info("stopping")


def _migrate(url: str, environ: dict[str, str]) -> None:
    if is_current(url):
        return
    if code := Command(["migrate"], environ).run():
        raise SystemExit(code)


def _require_free(host: str, port: int) -> None:
    """granian shares a port with whoever listens there already, without a word."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.settimeout(1)
        if port and probe.connect_ex((host, port)) == 0:
            raise PortTaken(f"{host}:{port} is in use: stop what listens there, or set PORT")


def _greet(settings: Settings) -> None:
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
    print("\nColonnade is starting.\n")  # noqa: T201  for the person at the terminal
    for name, line in lines.items():
        print(f"  {name:<9} {line}")  # noqa: T201
    print(flush=True)  # noqa: T201
