from application.knowledge.views import Explanation, Share, TermScore
from domain.knowledge.ranking import WEIGHTS, Ranked, share


def explanation(ranked: Ranked, terms: list[TermScore], distance: float | None) -> Explanation:
    """How a passage came by its place, once its index has told what its words were worth and how
    far it is from the query."""
    words, meanings = WEIGHTS
    fusion = []
    if ranked.lexical is not None:
        fusion.append(Share("lexical", ranked.lexical, words, share(words, ranked.lexical)))
    if ranked.semantic is not None:
        fusion.append(
            Share("semantic", ranked.semantic, meanings, share(meanings, ranked.semantic))
        )
    return Explanation(terms, sum(term.score for term in terms), distance, fusion)
