"""Questions and answers."""

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.conversations import PostgresConversations, PostgresMessages
from adapters.postgres.records import PostgresConversationRecords
from application.conversations.answers import AnswerQuestion, FailAnswer
from application.conversations.messages import AskQuestion, ShowMessage
from application.conversations.ports import ConversationRecords, Conversations, Messages


class UseCases(Provider):
    scope = Scope.REQUEST

    messages = provide_all(AskQuestion, ShowMessage, AnswerQuestion, FailAnswer)


class Adapters(Provider):
    scope = Scope.REQUEST

    conversations = provide(PostgresConversations, provides=Conversations)
    messages = provide(PostgresMessages, provides=Messages)
    records = provide(PostgresConversationRecords, provides=ConversationRecords)
