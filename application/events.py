"""Which use cases follow which fact."""

from application.analytics.journal import (
    ForgetDocument,
    RecordAnalysis,
    RecordFailedAnalysis,
    RecordQuestion,
    RecordUpload,
)
from application.analytics.rollup import RollUp
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
from application.knowledge.renaming import EmbedTitle, IndexTitle
from application.knowledge.versions import PurgeVersions
from application.mail.sending import ForgetLetter, SendLetter
from domain.analytics.events import BucketsMarked
from domain.conversations.events import AnswerDue, QuestionAsked
from domain.files.events import FileForgotten
from domain.identity.events import (
    PasswordResetRequested,
    RegistrationAttempted,
    UserRegistered,
)
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentCompleted,
    DocumentDeleted,
    DocumentFailed,
    DocumentRenamed,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
    VersionSuperseded,
)
from domain.mail.events import LetterWritten

FOLLOWERS: dict[type, tuple[type, ...]] = {
    DocumentUploaded: (ExtractText, RecordUpload),
    TextExtracted: (ChunkText,),
    TextChunked: (IndexTerms,),
    TermsIndexed: (EmbedChunks,),
    ChunksEmbedded: (PublishVersion,),
    DocumentCompleted: (RecordAnalysis,),
    DocumentFailed: (RecordFailedAnalysis,),
    DocumentRenamed: (IndexTitle, EmbedTitle),
    VersionSuperseded: (PurgeVersions,),
    DocumentDeleted: (PurgeDocument, ForgetDocument),
    FileForgotten: (RemoveBytes,),
    QuestionAsked: (RecordQuestion,),
    AnswerDue: (AnswerQuestion,),
    BucketsMarked: (RollUp,),
    UserRegistered: (AskToVerifyEmail,),
    RegistrationAttempted: (TellOfRegistration,),
    PasswordResetRequested: (SendPasswordReset,),
    LetterWritten: (SendLetter,),
}

# When one of these has failed for the last time, this use case tells whom it served.
ABANDONERS: dict[type, type] = {
    ExtractText: FailIngestion,
    ChunkText: FailIngestion,
    IndexTerms: FailIngestion,
    EmbedChunks: FailIngestion,
    PublishVersion: FailIngestion,
    AnswerQuestion: FailAnswer,
    SendLetter: ForgetLetter,
}

# Somebody is waiting for these: they go before everything else.
INTERACTIVE: tuple[type, ...] = (AnswerQuestion,)
