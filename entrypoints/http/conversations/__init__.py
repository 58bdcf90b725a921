"""Conversations, questions and answers."""

from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.conversations.asking import ask_in_conversation, chat, regenerate_answer
from entrypoints.http.conversations.conversations import (
    attach_documents,
    change_conversation,
    create_conversation,
    delete_conversation,
    list_conversations,
    list_messages,
    show_conversation,
    show_session,
)
from entrypoints.http.conversations.messages import (
    rate_answer,
    search_messages,
    show_message,
    stop_answer,
    watch_answer,
)
from entrypoints.http.inject import Injected

secured = Injected(
    "/api/v1",
    route_handlers=[
        chat,
        ask_in_conversation,
        regenerate_answer,
        create_conversation,
        list_conversations,
        show_conversation,
        show_session,
        change_conversation,
        delete_conversation,
        attach_documents,
        list_messages,
        search_messages,
        show_message,
        watch_answer,
        stop_answer,
        rate_answer,
    ],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["conversations"],
    security=[{"bearer": []}],
)
