from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decided about accounts. Limits are per client address; 0 turns one off.

    With `anti_enumeration` nobody learns by registering whether an address has an account.
    """

    registration_open: bool = True
    anti_enumeration: bool = False
    wrong_passwords_per_minute: int = 30
    registrations_per_minute: int = 20
