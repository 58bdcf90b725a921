from collections.abc import Mapping

from application.identity.oauth_ports import IdentityProvider
from domain.identity.oauth import UnknownProvider


class ConfiguredProviders:
    """Those of the settings, by the name that routes call them."""

    def __init__(self, providers: Mapping[str, IdentityProvider]) -> None:
        self._providers = providers

    def named(self, name: str) -> IdentityProvider:
        try:
            return self._providers[name]
        except KeyError:
            raise UnknownProvider("there is no such provider") from None
