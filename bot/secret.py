"""The type of a secret in the configuration: masked when shown, refused if copied with something around it.

Used by ``bot/config.py`` for every key, token and webhook secret.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

_QUOTES = "\"'`\u2018\u2019\u201c\u201d"


def _checked(secret: SecretStr) -> SecretStr:
    """Return it without blanks at its ends, which come from copying. Raise ValueError for quotes and blanks in it.

    Docker's ``--env-file`` keeps quotes as part of the value; a key with them is refused by the service much later.
    """
    text = secret.get_secret_value().strip()
    if text and (text[0] in _QUOTES or text[-1] in _QUOTES):
        raise ValueError("config.wanted.no_quotes")
    if re.search(r"\s|[\x00-\x1f\x7f]|[\u200b-\u200f\u2060\ufeff]", text):
        raise ValueError("config.wanted.no_blanks")
    return SecretStr(text)


Secret = Annotated[SecretStr, AfterValidator(_checked)]
