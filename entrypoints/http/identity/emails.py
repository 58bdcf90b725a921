from dishka import FromDishka
from litestar import post
from litestar.params import JSONBody

from application.identity.emails import (
    ChangeEmail,
    ConfirmEmailChange,
    EmailChange,
    EmailProof,
    ResendVerification,
    VerifyEmail,
)
from application.identity.views import Acknowledged
from application.shared.actor import Actor, Client
from entrypoints.http.openapi import problems

KIB = 1024


@post(
    "/auth/email/verify",
    status_code=200,
    summary="Verify one's e-mail with a letter's token",
    request_max_body_size=16 * KIB,
    responses=problems(body=True),
)
async def verify_email(
    data: JSONBody[EmailProof], client: FromDishka[Client], verify: FromDishka[VerifyEmail]
) -> Acknowledged:
    """The token works once, within three days, and as long as the account has that address."""
    await verify(data, client)
    return Acknowledged("the e-mail is verified")


@post(
    "/auth/email/verify/resend",
    status_code=202,
    summary="Ask for the verification letter again",
    responses=problems(401, 403, 429),
)
async def resend_verification(
    actor: FromDishka[Actor], resend: FromDishka[ResendVerification]
) -> Acknowledged:
    """At most three an hour. Nothing is sent to an address that is verified already."""
    await resend(actor)
    return Acknowledged("a letter is on its way, unless the e-mail is verified already")


@post(
    "/auth/email/change",
    status_code=202,
    summary="Ask for another e-mail",
    request_max_body_size=16 * KIB,
    responses=problems(401, 403, 409, 429, body=True),
)
async def change_email(
    data: JSONBody[EmailChange], actor: FromDishka[Actor], change: FromDishka[ChangeEmail]
) -> Acknowledged:
    """A letter with a link goes to the new address; until it is confirmed, nothing changes. Takes
    the password, or a session younger than five minutes: else `reauthentication_needed`."""
    await change(actor, data)
    return Acknowledged("a letter is on its way to the new address")


@post(
    "/auth/email/change/confirm",
    status_code=200,
    summary="Confirm another e-mail with a letter's token",
    request_max_body_size=16 * KIB,
    responses=problems(409, body=True),
)
async def confirm_email_change(
    data: JSONBody[EmailProof], client: FromDishka[Client], confirm: FromDishka[ConfirmEmailChange]
) -> Acknowledged:
    """The token works once, within a day. The old address is told, and every session ends but the
    one that asked. `email_taken` when somebody was faster."""
    await confirm(data, client)
    return Acknowledged("the e-mail is changed")


PUBLIC = [verify_email, confirm_email_change]
SECURED = [resend_verification, change_email]
