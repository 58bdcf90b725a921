"""Bytes on their way in and out."""

from dishka import Provider, Scope, provide, provide_all

from adapters.objects.obstore import ObjectStore
from adapters.objects.sniffer import PuremagicSniffer
from adapters.postgres.files import PostgresFiles
from adapters.postgres.records import PostgresFileRecords
from application.files.download import DownloadFile
from application.files.ports import FileRecords, Files, Objects, Sniffer
from application.files.storage import RemoveBytes
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    downloads = provide_all(DownloadFile)
    storage = provide_all(RemoveBytes)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def objects(self, settings: Settings) -> Objects:
        return ObjectStore(settings.storage_url or settings.data_dir.resolve() / "objects")

    sniffer = provide(PuremagicSniffer, provides=Sniffer, scope=Scope.APP)
    files = provide(PostgresFiles, provides=Files)
    records = provide(PostgresFileRecords, provides=FileRecords)
