"""Updates as Telegram sends them, made such that none can stop the others. Used by ``client.py`` and ``webhook.py``.

What the library cannot parse it refuses as a whole batch, and logs it. So each is tried alone; one that cannot be
understood keeps its id, by which it is passed over, and says nothing else.
"""

import logging
from collections import deque
from typing import Any

from telegram import Update
from telegram.request import HTTPXRequest

_log = logging.getLogger(__name__)

# At a failure these two log what they received: messages of people.
for _name in ("telegram.ext.ExtBot", "telegram.request.BaseRequest"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_REMEMBERED = 100
"""Updates that were passed over: until they are acknowledged they come again."""


class Sieve:
    """One for a way of receiving."""

    def __init__(self) -> None:
        self._passed: deque[int] = deque(maxlen=_REMEMBERED)

    def understood(self, raw: Any) -> dict[str, Any] | None:
        """An update as it came; without all but its id where that cannot be understood; None for what has no id."""
        update_id = raw.get("update_id") if isinstance(raw, dict) else None
        if not isinstance(update_id, int):
            return None
        try:
            Update.de_json(raw)
        except Exception as error:  # noqa: BLE001  a border: whatever a field does to the library stops nobody
            if update_id not in self._passed:
                self._passed.append(update_id)
                _log.error("update %d cannot be understood (%s) and is passed over", update_id, type(error).__name__)
            return {"update_id": update_id}
        return dict(raw)


class UpdatesRequest(HTTPXRequest):
    """The connection that updates are fetched by."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._sieve = Sieve()

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]  # static in the library
        """Called by the library with each answer. Raises TelegramError for what is no JSON."""
        answer = super().parse_json_payload(payload)
        came = answer.get("result")
        if isinstance(came, list):
            answer["result"] = [self._sieve.understood(raw) or raw for raw in came]
        return answer
