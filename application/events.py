"""Which use cases follow which fact."""

from application.conversations.answers import AnswerQuestion, FailAnswer
from application.files.storage import RemoveBytes
from application.identity.emails import AskToVerifyEmail, TellOfRegistration
from application.identity.passwords import SendPasswordReset
from application.knowledge.documents import PurgeDocument
from application.knowledge.ingestion import (
    ChunkText,
    EmbedChunks,
    ExtractText,
    FailIngestion,
    IndexTerms,
    PublishVersion,
)
from application.knowledge.versions import PurgeVersions
from application.mail.sending import ForgetLetter, SendLetter
from domain.conversations.events import QuestionAsked
from domain.files.events import FileForgotten
from domain.identity.events import (
    PasswordResetRequested,
    RegistrationAttempted,
    UserRegistered,
)
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentDeleted,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
    VersionSuperseded,
)
from domain.mail.events import LetterWritten

FOLLOWERS: dict[type, tuple[type, ...]] = {
    DocumentUploaded: (ExtractText,),
    TextExtracted: (ChunkText,),
    TextChunked: (IndexTerms,),
    TermsIndexed: (EmbedChunks,),
    ChunksEmbedded: (PublishVersion,),
    VersionSuperseded: (PurgeVersions,),
    DocumentDeleted: (PurgeDocument,),
    FileForgotten: (RemoveBytes,),
    QuestionAsked: (AnswerQuestion,),
    UserRegistered: (AskToVerifyEmail,),
    RegistrationAttempted: (TellOfRegistration,),
    PasswordResetRequested: (SendPasswordReset,),
    LetterWritten: (SendLetter,),
}

# When a follower has failed for the last time, this use case tells whom it served.
ABANDONERS: dict[type, type] = {
    DocumentUploaded: FailIngestion,
    TextExtracted: FailIngestion,
    TextChunked: FailIngestion,
    TermsIndexed: FailIngestion,
    ChunksEmbedded: FailIngestion,
    QuestionAsked: FailAnswer,
    LetterWritten: ForgetLetter,
}

# Somebody is waiting for what follows these: they go before everything else.
INTERACTIVE: tuple[type, ...] = (QuestionAsked,)
