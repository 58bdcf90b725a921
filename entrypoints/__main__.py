"""The command line: `python -m entrypoints COMMAND`. Each command imports what it needs, so that
`serve`, which only watches over the others, stays small and starts at once."""

import asyncio
import sys
from pathlib import Path

import click

from entrypoints import logs
from entrypoints.child import follow_parent
from entrypoints.environment import load
from entrypoints.settings import JwtAlgorithm, Settings, WrongSettings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Colonnade: accounts, documents, search and cited answers."""


@cli.command()
def serve() -> None:
    """Run everything: the database (unless DATABASE_URL names one), the API, the workers."""
    from entrypoints.database import Unreachable
    from entrypoints.embedded_postgres import AlreadyRunning, ClusterFailed
    from entrypoints.serve import PortTaken
    from entrypoints.serve import serve as run

    try:
        run(_settings())
    except (PortTaken, AlreadyRunning, ClusterFailed, Unreachable) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
def api() -> None:
    """Run the API only, on the database of DATABASE_URL."""
    follow_parent()
    settings = _settings()
    from entrypoints.api import run

    run(settings)


@cli.command()
def worker() -> None:
    """Run a job worker only, on the database of DATABASE_URL."""
    follow_parent()
    settings = _settings()
    from entrypoints.worker import run

    run(settings)


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    follow_parent()
    from entrypoints import database

    with database.reachable(_settings()) as settings:
        database.migrate(settings.database_url or "")


@cli.command()
@click.argument("email")
@click.password_option(envvar="ADMIN_PASSWORD")
def create_admin(email: str, password: str) -> None:
    """Open an account that may administer: the only way to the first one."""
    from domain.shared.errors import DomainError
    from entrypoints.admin import create
    from entrypoints.database import reachable

    try:
        with reachable(_settings()) as settings:
            user = asyncio.run(create(settings, email, password))
    except DomainError as error:
        raise click.ClickException(f"{error.code}: {error}") from None
    click.echo(f"{user.email} is an administrator now.")


@cli.command()
def verify_audit() -> None:
    """Make every hash of the audit log again, and name the first entry that is not sound."""
    from entrypoints.admin import verify
    from entrypoints.database import reachable

    with reachable(_settings()) as settings:
        verdict = asyncio.run(verify(settings))
    if broken := verdict.broken:
        raise click.ClickException(
            f"the audit log is broken at entry {broken.number} ({broken.event.id}), "
            f"{broken.event.action} of {broken.event.at.isoformat()}"
        )
    click.echo(f"The audit log is sound: {verdict.sound} entries.")


@cli.command()
@click.option(
    "--older-than",
    "minutes",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    help="Minutes; an upload that takes longer would be swept away.",
)
def sweep(minutes: int) -> None:
    """Remove bytes that no file refers to from the storage, and count files without bytes."""
    from datetime import timedelta

    from domain.shared.errors import Unavailable
    from entrypoints.admin import sweep as run
    from entrypoints.database import reachable

    try:
        with reachable(_settings()) as settings:
            found = asyncio.run(run(settings, timedelta(minutes=minutes)))
    except Unavailable as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"Removed {found.orphans} orphans and {found.unfinished} unfinished uploads; "
        f"{found.missing} files are missing their bytes."
    )


@cli.command()
def rotate_keys() -> None:
    """Sign access tokens with the next key; what the last one signed stays good until it expires."""
    from entrypoints.admin import rotate_keys as run
    from entrypoints.database import reachable

    given = _settings()
    if given.jwt_algorithm is JwtAlgorithm.HS256:
        raise click.ClickException("with JWT_ALGORITHM=HS256 there is one secret: set another one")
    with reachable(given) as settings:
        asyncio.run(run(settings))
    click.echo("A new key signs; all processes follow within a minute.")


@cli.command()
@click.option("--force", is_flag=True, help="Throw the model's vectors away and make them anew.")
@click.option("--status", is_flag=True, help="Only tell how far each embedding set is.")
def reindex(force: bool, status: bool) -> None:
    """Embed all documents by the model of the settings, now; a worker does it by and by."""
    from entrypoints.database import reachable
    from entrypoints.reindex import run, show

    with reachable(_settings()) as settings:
        if not status:
            asyncio.run(run(settings, click.echo, force=force))
        sets = asyncio.run(show(settings))
    for one in sets:
        left = f", {one.failed} versions set aside" if one.failed else ""
        click.echo(f"{one.name}: {one.state}, {one.done} of {one.total} passages{left}")


@cli.command()
def calibrate() -> None:
    """Print what a password's hash may cost here: lines for .env."""
    from adapters.security.calibration import calibrate as find
    from adapters.security.calibration import measured

    cost, seconds = find(measured)
    click.echo(f"# one hash takes {1000 * seconds:.0f} ms and {cost.memory_kib / 1024:.0f} MiB")
    click.echo(f"ARGON2_MEMORY_KIB={cost.memory_kib}")
    click.echo(f"ARGON2_TIME_COST={cost.time_cost}")
    click.echo(f"ARGON2_PARALLELISM={cost.parallelism}")


@cli.command()
@click.argument("name")
def draft_migration(name: str) -> None:
    """Draft the migration from the database's tables to the code's, to be read and mended."""
    from entrypoints import database

    try:
        with database.reachable(_settings()) as settings:
            database.draft(settings.database_url or "", name)
    except database.WrongName as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.option("--file", "path", type=click.Path(exists=True), help="Your own document instead.")
@click.option("--ask", "question", default="How quickly must invoices be paid?", show_default=True)
def demo(path: str | None, question: str) -> None:
    """Play the main job against the running server."""
    from entrypoints.demo import DOCUMENT, ServerDown, play

    settings = _settings()
    try:
        play(settings, Path(path) if path else DOCUMENT, question)
    except ServerDown as error:
        raise click.ClickException(str(error)) from None


@cli.command()
def demo_analytics() -> None:
    """Seed a month of an account's use of models, and draw it."""
    from entrypoints.database import reachable
    from entrypoints.demo_analytics import play

    with reachable(_settings()) as settings:
        play(settings)


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from entrypoints.openapi import document

    sys.stdout.write(document())


def _settings() -> Settings:
    try:
        settings = load()
    except WrongSettings as error:
        raise click.ClickException(f"these settings are wrong:\n{error}") from None
    logs.configure(settings)
    return settings


if __name__ == "__main__":
    cli(prog_name="python -m entrypoints")
