"""The texts of identity's letters."""

from application.mail.exports import Letter

_NOT_YOU = "If you did not ask for this, do nothing: without the link nothing changes."


def email_verification(link: str) -> Letter:
    text = f"""\
Welcome to Colonnade.

Open this link to verify your e-mail address. It works once, within three days.

{link}

If you did not open an account, do nothing.
"""
    return Letter("email_verification", "Verify your e-mail address", text)


def password_reset(link: str) -> Letter:
    text = f"""\
Somebody asked to reset the password of your Colonnade account.

Open this link to choose a new one. It works once, within an hour, and ends every session.

{link}

{_NOT_YOU}
"""
    return Letter("password_reset", "Reset your password", text)


def email_change(link: str) -> Letter:
    text = f"""\
Somebody asked to make this the e-mail address of their Colonnade account.

Open this link to confirm. It works once, within a day.

{link}

{_NOT_YOU}
"""
    return Letter("email_change", "Confirm your new e-mail address", text)


def email_changed() -> Letter:
    text = """\
Your Colonnade account has another e-mail address now, and this one does not open it any more.

If that was not you, somebody else has your account: write to those who run it.
"""
    return Letter("email_changed", "Your e-mail address was changed", text)


def already_registered() -> Letter:
    text = """\
Somebody tried to open a Colonnade account with your e-mail address. You have one already.

If that was you, sign in, or reset your password. If not, do nothing.
"""
    return Letter("already_registered", "You already have an account", text)
