"""The HTTP server process: granian in front of the Litestar app."""

import gc

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server
from litestar import Litestar

from entrypoints import logs
from entrypoints.child import await_release, die_with_parent
from entrypoints.container import production
from entrypoints.environment import load
from entrypoints.http.app import create_app
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings


def run(settings: Settings, target: str = f"{__name__}:app") -> None:
    """Serve what the factory at `target` makes until SIGTERM; requests in flight are answered
    first."""
    await_release()  # what is slow, our imports, was done while the database started
    Server(
        target,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.web_workers,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=3,
        log_level=LogLevels.warning,
        log_dictconfig={"version": 1, "disable_existing_loggers": False},
    ).serve()


def app() -> Litestar:
    """What each granian worker runs."""
    die_with_parent()
    settings = load()
    logs.configure(settings)
    container = production(settings, OfRequest())
    made = create_app(container, settings)
    # What exists now lives as long as the process: never look at it again.
    gc.collect()
    gc.freeze()
    return made
