from uuid import UUID

from dishka import FromDishka
from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation

from application.conversations.conversations import (
    AttachDocuments,
    Attached,
    ChangeConversation,
    ConversationChange,
    CreateConversation,
    DeleteConversation,
    ListConversations,
    NewConversation,
    ShowConversation,
)
from application.conversations.reading import ListMessages, ShowSession
from application.conversations.views import ConversationView, ConversationWithMessages, MessageView
from application.shared.actor import Actor
from application.shared.page import CursorPaging, Page
from domain.conversations.conversation import ConversationId
from entrypoints.http.openapi import problems

_MINE = problems(401, 403, 404)


@post(
    ["/chat/conversations", "/chat/sessions"],
    status_code=201,
    summary="Begin a conversation",
    responses=problems(
        401,
        403,
        404,
        "session_taken",
        "contradictory",
        "invalid_metadata",
        "budget_exceeded",
        body=True,
    ),
)
async def create_conversation(
    data: JSONBody[NewConversation],
    actor: FromDishka[Actor],
    create: FromDishka[CreateConversation],
) -> Response[ConversationView]:
    """`kind` says how it answers: `research` and `career` from your documents only, `general`,
    `check_in` and `guided` freely, where there is a model. With `initial_message` the answer to it
    is being made at `active_leaf`."""
    made = await create(actor, data)
    headers = {"location": f"/api/v1/chat/conversations/{made.id}"}
    return Response(made, status_code=201, headers=headers)


@get(
    ["/chat/conversations", "/chat/sessions"],
    summary="One's conversations",
    responses=problems(401, 403, 422),
)
async def list_conversations(
    cursor_paging: NamedDependency[SkipValidation[CursorPaging]],
    actor: FromDishka[Actor],
    list_: FromDishka[ListConversations],
    archived: FromQuery[bool] = False,
) -> Page[ConversationView] | list[ConversationView]:
    """The newest first; with `skip` and `limit` a bare array, the last changed first. The archived
    ones are shown by `archived` only."""
    return await list_(actor, cursor_paging, archived=archived)


@get("/chat/conversations/{conversation_id:uuid}", summary="A conversation", responses=_MINE)
async def show_conversation(
    conversation_id: FromPath[UUID],
    actor: FromDishka[Actor],
    show: FromDishka[ShowConversation],
) -> ConversationView:
    """Without its messages."""
    return await show(actor, ConversationId(conversation_id))


@get(
    "/chat/sessions/{conversation_id:uuid}",
    summary="A conversation with its messages",
    responses=_MINE,
)
async def show_session(
    conversation_id: FromPath[UUID],
    actor: FromDishka[Actor],
    show: FromDishka[ShowSession],
) -> ConversationWithMessages:
    """With its last hundred: `GET …/messages` lists all of them."""
    return await show(actor, ConversationId(conversation_id))


@patch(
    [
        "/chat/conversations/{conversation_id:uuid}",
        "/chat/sessions/{conversation_id:uuid}",
    ],
    summary="Change a conversation",
    responses=problems(401, 403, 404, "not_an_answer", "invalid_metadata", body=True),
)
async def change_conversation(
    data: JSONBody[ConversationChange],
    conversation_id: FromPath[UUID],
    actor: FromDishka[Actor],
    change: FromDishka[ChangeConversation],
) -> ConversationView:
    """Its title, whether it is archived, what you keep with it, or under which answer it goes on:
    messages form a tree, and no branch is lost."""
    return await change(actor, ConversationId(conversation_id), data)


@delete(
    [
        "/chat/conversations/{conversation_id:uuid}",
        "/chat/sessions/{conversation_id:uuid}",
    ],
    summary="Delete a conversation",
    responses=_MINE,
)
async def delete_conversation(
    conversation_id: FromPath[UUID],
    actor: FromDishka[Actor],
    delete_: FromDishka[DeleteConversation],
) -> None:
    """At once nothing of it is read or asked any more, and what was being answered stops."""
    await delete_(actor, ConversationId(conversation_id))


@put(
    [
        "/chat/conversations/{conversation_id:uuid}/documents",
        "/chat/sessions/{conversation_id:uuid}/documents",
    ],
    summary="Choose what a conversation searches",
    responses=problems(401, 403, 404, body=True),
)
async def attach_documents(
    data: JSONBody[Attached],
    conversation_id: FromPath[UUID],
    actor: FromDishka[Actor],
    attach: FromDishka[AttachDocuments],
) -> ConversationView:
    """Instead of what was chosen before; none means all your documents."""
    return await attach(actor, ConversationId(conversation_id), data)


@get(
    [
        "/chat/conversations/{conversation_id:uuid}/messages",
        "/chat/sessions/{conversation_id:uuid}/messages",
    ],
    summary="A conversation's messages",
    responses=problems(401, 403, 404, 422),
)
async def list_messages(
    conversation_id: FromPath[UUID],
    cursor_paging: NamedDependency[SkipValidation[CursorPaging]],
    actor: FromDishka[Actor],
    list_: FromDishka[ListMessages],
) -> Page[MessageView] | list[MessageView]:
    """Of every branch: `parent_id` makes the tree. The newest first; with `skip` and `limit` a bare
    array, the oldest first."""
    return await list_(actor, ConversationId(conversation_id), cursor_paging)
