"""Bytes on their way in and out."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all

from adapters.objects.obstore import ObjectStore
from adapters.objects.sniffer import PuremagicSniffer
from adapters.postgres.database import Database
from adapters.postgres.files import PostgresFiles, PostgresSweeps
from adapters.postgres.maintenance import PostgresAllFiles, maintenance
from adapters.postgres.pool import Pool
from adapters.postgres.records import PostgresFileRecords
from application.files.download import DownloadFile
from application.files.health import CheckStorage
from application.files.ports import AllFiles, FileRecords, Files, Objects, Sniffer, Sweeps
from application.files.storage import RemoveBytes
from application.files.sweeping import SweepFiles
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    downloads = provide_all(DownloadFile)
    storage = provide_all(RemoveBytes, SweepFiles)
    health = provide_all(CheckStorage, scope=Scope.APP)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def objects(self, settings: Settings) -> Objects:
        return ObjectStore(settings.storage_url or settings.data_dir.resolve() / "objects")

    @provide(scope=Scope.APP)
    async def all_files(self, settings: Settings) -> AsyncIterator[AllFiles]:
        async with maintenance(settings.database_url or "") as database:
            yield PostgresAllFiles(database)

    @provide(scope=Scope.APP)
    def sweeps(self, pool: Pool) -> Sweeps:
        return PostgresSweeps(Database(pool))

    sniffer = provide(PuremagicSniffer, provides=Sniffer, scope=Scope.APP)
    files = provide(PostgresFiles, provides=Files)
    records = provide(PostgresFileRecords, provides=FileRecords)
