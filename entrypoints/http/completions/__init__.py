"""The door that speaks OpenAI's protocol of chat completions, for programs that know no other."""

from litestar.exceptions import HTTPException, ValidationException

from domain.shared.errors import DomainError
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.completions.errors import in_openais_shape
from entrypoints.http.completions.routes import complete_chat, list_openai_models
from entrypoints.http.errors import (
    domain_problem,
    http_problem,
    unexpected_problem,
    validation_problem,
)
from entrypoints.http.inject import Injected
from entrypoints.http.parameters import ANY_QUERY

secured = Injected(
    "/v1",
    route_handlers=[complete_chat, list_openai_models],
    before_request=authenticated,
    exception_handlers={
        DomainError: in_openais_shape(domain_problem),
        ValidationException: in_openais_shape(validation_problem),
        HTTPException: in_openais_shape(http_problem),
        Exception: in_openais_shape(unexpected_problem),
    },
    opt={OPEN_TO_KEYS: True, ANY_QUERY: True},  # as OpenAI's clients send more than we know
    security=[{"bearer": []}],
    include_in_schema=False,  # the protocol is OpenAI's, and described there
)
