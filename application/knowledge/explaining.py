from application.knowledge.views import Explanation, Share, TermScore
from domain.knowledge.ranking import Ranked, share

_WEIGHT = 1.0  # of either list


def explanation(ranked: Ranked, terms: list[TermScore], distance: float | None) -> Explanation:
    """How a passage came by its place, once its index has told what its words were worth and how
    far it is from the query."""
    fusion = []
    if ranked.lexical is not None:
        fusion.append(Share("lexical", ranked.lexical, _WEIGHT, share(_WEIGHT, ranked.lexical)))
    if ranked.semantic is not None:
        fusion.append(Share("semantic", ranked.semantic, _WEIGHT, share(_WEIGHT, ranked.semantic)))
    return Explanation(terms, sum(term.score for term in terms), distance, fusion)
