"""Questions and answers."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.conversations.conversations import PostgresConversations
from adapters.postgres.conversations.events import PostgresMessageEvents
from adapters.postgres.conversations.messages import PostgresEndings, PostgresMessages
from adapters.postgres.conversations.subjects import PostgresSubjects
from adapters.postgres.maintenance import PostgresLostAnswers, maintenance
from adapters.postgres.records import PostgresConversationRecords
from application.analytics.ports import Subjects
from application.conversations.answers import AnswerQuestion, FailAnswer, Tasks
from application.conversations.asking import Asking, AskQuestion, RegenerateAnswer
from application.conversations.completing import CompleteChat
from application.conversations.conversations import (
    AttachDocuments,
    ChangeConversation,
    CreateConversation,
    DeleteConversation,
    ListConversations,
    ShowConversation,
)
from application.conversations.ending import EndAttempt, Ending
from application.conversations.enriching import Enrichers
from application.conversations.feedback import RateAnswer
from application.conversations.keeping import KeepText
from application.conversations.ports import (
    ConversationRecords,
    Conversations,
    Endings,
    MessageEvents,
    Messages,
)
from application.conversations.quoting import QuoteDocuments
from application.conversations.reading import (
    ListMessages,
    SearchMessages,
    ShowMessage,
    ShowSession,
)
from application.conversations.resuming import LostAnswers, ResumeAnswers
from application.conversations.stopping import StopAnswer, Stopping
from application.conversations.usage import LostAttempts
from application.conversations.watching import AwaitAnswer, ForgetEvents, WatchAnswer
from application.conversations.writing import WriteAnswer
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    conversations = provide_all(
        CreateConversation,
        ListConversations,
        ShowConversation,
        ChangeConversation,
        AttachDocuments,
        DeleteConversation,
    )
    asking = provide_all(Asking, AskQuestion, CompleteChat, RegenerateAnswer)
    answering = provide_all(
        AnswerQuestion,
        FailAnswer,
        Tasks,
        QuoteDocuments,
        KeepText,
        WriteAnswer,
        EndAttempt,
        Ending,
        ResumeAnswers,
        LostAttempts,
    )
    messages = provide_all(
        ShowMessage,
        ShowSession,
        ListMessages,
        SearchMessages,
        WatchAnswer,
        AwaitAnswer,
        ForgetEvents,
        StopAnswer,
        Stopping,
        RateAnswer,
    )


class Policies(Provider):
    """Who adds to the answers of a kind: nobody, so far."""

    scope = Scope.APP

    @provide
    def enrichers(self) -> Enrichers:
        return Enrichers()


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    async def lost(self, settings: Settings) -> AsyncIterator[LostAnswers]:
        async with maintenance(settings.database_url or "") as database:
            yield PostgresLostAnswers(database)

    conversations = provide(PostgresConversations, provides=Conversations)
    messages = provide(PostgresMessages, provides=Messages)
    events = provide(PostgresMessageEvents, provides=MessageEvents)
    subjects = provide(PostgresSubjects, provides=Subjects)
    endings = provide(PostgresEndings, provides=Endings)
    records = provide(PostgresConversationRecords, provides=ConversationRecords)
