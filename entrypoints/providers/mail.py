"""Letters that wait to be sent."""

from dishka import Provider, Scope, provide, provide_all

from adapters.mail.folder import FolderMailer
from adapters.mail.smtp import SmtpMailer, SmtpServer
from adapters.postgres.mail import PostgresOutgoingMails
from adapters.postgres.records import PostgresMailRecords
from application.mail.exports import Post
from application.mail.ports import Mailer, MailRecords, OutgoingMails
from application.mail.sending import ForgetLetter, SendLetter
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    letters = provide_all(Post, SendLetter, ForgetLetter)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def mailer(self, settings: Settings) -> Mailer:
        if settings.smtp_host is None:
            return FolderMailer(settings.data_dir.resolve() / "mail", settings.mail_sender)
        server = SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_username,
            settings.smtp_password,
            settings.smtp_tls,
        )
        return SmtpMailer(server, settings.mail_sender)

    outgoing = provide(PostgresOutgoingMails, provides=OutgoingMails)
    records = provide(PostgresMailRecords, provides=MailRecords)
