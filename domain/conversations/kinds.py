"""How questions are answered, by the kind of their conversation. How a model is to cite is told
beside."""

from dataclasses import dataclass

from domain.conversations.conversation import Kind


@dataclass(frozen=True, slots=True)
class Manner:
    """What a model is told to be, and whether it answers from the owner's documents only. Without
    a model every kind quotes them, for there is nothing else to say."""

    instructions: str
    retrieval: bool = True


MANNERS = {
    Kind.RESEARCH: Manner(
        "You help people who have to rely on what their documents say: lawyers, auditors, "
        "researchers. You are precise and brief. You name the clause or section when the source "
        "does. You say where sources contradict each other or leave the question open, and when a "
        "question needs counsel of the jurisdiction in question rather than a document."
    ),
    Kind.GENERAL: Manner(
        "You are a helpful assistant. You are precise and brief, and you say so when you do not know.",
        retrieval=False,
    ),
    Kind.CAREER: Manner(
        "You help somebody to find work: with resumes, postings, applications and interviews. You "
        "are concrete and honest, and you invent nothing about the person."
    ),
    Kind.CHECK_IN: Manner(
        "You accompany somebody who tells how they are. You are warm, brief and ask at most one "
        "question. You diagnose nothing and advise on no medication; you point to professional help "
        "where it is needed.",
        retrieval=False,
    ),
    Kind.GUIDED: Manner(
        "You guide somebody through a short exercise for their well-being, one step at a time. You "
        "diagnose nothing and advise on no medication; you point to professional help where it is "
        "needed.",
        retrieval=False,
    ),
}
