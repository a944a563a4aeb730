"""The Telegram stand-in's queue of updates: injected by tests, fetched by the bot, forgotten once acknowledged.

A real long poll: it is answered when there is something or when its time is over. A newer poll ends the older one.
"""

import asyncio
import json
from collections.abc import Callable

from tests.fakes.telegram_chats import ApiError, Json
from tests.fakes.telegram_methods import Call

_LONGEST_POLL = 50
_DEFAULT_KINDS = ("message", "edited_message", "channel_post", "callback_query", "inline_query", "my_chat_member")


class Updates:
    """Updates that wait for the bot."""

    def __init__(self, first_id: int, changed: Callable[[], None]) -> None:
        self.pending: list[Json] = []
        """Not acknowledged yet, oldest first."""
        self.polls = 0
        self.waiting = 0
        """Polls that are being held back."""
        self.webhook = ""
        self._kinds: tuple[str, ...] = _DEFAULT_KINDS
        self._next_id = first_id
        self._latest = 0
        self._news = asyncio.Event()
        self._changed = changed

    def add(self, kind: str, content: Json) -> Json:
        """A new update. Where the bot did not ask for its kind, nobody will get it."""
        update = {"update_id": self._next_id, kind: content}
        self._next_id += 1
        if kind in self._kinds:
            self.put(update)
        return update

    def put(self, update: Json) -> None:
        """Offer an update, also one that was taken before."""
        self.pending = sorted([*self.pending, update], key=lambda other: int(other["update_id"]))
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        self._changed()

    async def get(self, call: Call) -> list[Json]:
        """``getUpdates``. Raises ApiError 409 when another poll takes over, or a webhook is set."""
        if self.webhook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        limit = call.whole("limit") or 100
        if not 1 <= limit <= 100:
            raise ApiError.bad("limit must be between 1 and 100")
        if "allowed_updates" in call.params:
            self._kinds = tuple(json.loads(call.params["allowed_updates"])) or _DEFAULT_KINDS
        self._forget(call.whole("offset") or 0)
        self.polls += 1
        self._latest = mine = self.polls
        self._wake()
        await self._wait(mine, min(call.whole("timeout") or 0, _LONGEST_POLL))
        return self.pending[:limit]

    def _forget(self, offset: int) -> None:
        if offset > 0:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]
        elif offset < 0:
            self.pending = self.pending[offset:]

    async def _wait(self, mine: int, seconds: float) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(seconds):
                while not self.pending:
                    await self._news.wait()
                    if self._latest != mine:
                        raise ApiError(
                            409,
                            "Conflict: terminated by other getUpdates request; "
                            "make sure that only one bot instance is running",
                        )
        except TimeoutError:
            return
        finally:
            self.waiting -= 1
            self._changed()

    async def set_webhook(self, call: Call) -> bool:
        """``setWebhook``: from now on nothing can be fetched."""
        url = call.params.get("url", "")
        if url and not url.startswith("https://"):
            raise ApiError.bad("bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = url
        return True

    async def delete_webhook(self, call: Call) -> bool:
        """``deleteWebhook``."""
        self.webhook = ""
        if call.params.get("drop_pending_updates", "").casefold() == "true":
            self.pending = []
        return True

    async def webhook_info(self, call: Call) -> Json:
        """``getWebhookInfo``."""
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self.pending)}
