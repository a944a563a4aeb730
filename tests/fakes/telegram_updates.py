"""The Telegram stand-in's queue of updates: injected by tests, fetched by the bot, forgotten once acknowledged.

A real long poll: it is answered when there is something or when its time is over. A newer poll ends the older one.
"""

import asyncio
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession

from tests.fakes.telegram_chats import ApiError, Json
from tests.fakes.telegram_requests import Call

_LONGEST_POLL = 50
_WEBHOOK_PORTS = {80, 88, 443, 8443}
_BROUGHT_AGAIN = 0.02
"""Seconds after a refusal until an update is brought again; the service takes longer."""
_DEFAULT_KINDS = (
    *("message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member"),
    *("inline_query", "chosen_inline_result", "guest_message", "business_message", "edited_business_message"),
)
"""Nearly all that there are, as the service has it."""


class Updates:
    """Updates that wait for the bot."""

    def __init__(self, first_id: int, changed: Callable[[], None]) -> None:
        self.pending: list[Json] = []
        """Not acknowledged yet, oldest first."""
        self.polls = 0
        self.waiting = 0
        """Polls that are being held back."""
        self.webhook = ""
        self.proxied = ""
        """Scheme, host and port on loopback that stand behind the webhook's public address: the proxy's work."""
        self.brought: list[int] = []
        """What the webhook answered, by its statuses; 0: nobody was there."""
        self._secret = ""
        self._bringing: asyncio.Task[None] | None = None
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
            self._kinds = tuple(call.list("allowed_updates")) or _DEFAULT_KINDS
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
        """``setWebhook``: from now on nothing can be fetched, and what waits is brought."""
        url, secret = urlsplit(call.params.get("url", "")), call.params.get("secret_token", "")
        if url.geturl() and url.scheme != "https":
            raise ApiError.bad("bad webhook: An HTTPS URL must be provided for webhook")
        if url.geturl() and (url.port or 443) not in _WEBHOOK_PORTS:
            raise ApiError.bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise ApiError.bad("secret token contains unallowed characters")
        if not 1 <= (call.whole("max_connections") or 40) <= 100:
            raise ApiError.bad("max_connections must be between 1 and 100")
        if "allowed_updates" in call.params:
            self._kinds = tuple(call.list("allowed_updates")) or _DEFAULT_KINDS
        if call.flag("drop_pending_updates"):
            self.pending = []
        self.webhook, self._secret = url.geturl(), secret
        if self.webhook and self._bringing is None:
            self._bringing = asyncio.create_task(self._bring())
        self._wake()
        return True

    async def delete_webhook(self, call: Call) -> bool:
        """``deleteWebhook``."""
        self.webhook = ""
        if call.flag("drop_pending_updates"):
            self.pending = []
        return True

    async def close(self) -> None:
        """Bring nothing more."""
        if self._bringing is not None:
            self._bringing.cancel()
            await asyncio.gather(self._bringing, return_exceptions=True)
            self._bringing = None

    async def _bring(self) -> None:
        """Bring updates to the webhook, one after the other; what is refused is brought again."""
        async with ClientSession() as session:
            while True:
                news = self._news
                if not (self.webhook and self.proxied and self.pending):
                    await news.wait()
                    continue
                update = self.pending[0]
                headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
                address = self.proxied + urlsplit(self.webhook).path
                try:
                    async with session.post(address, json=update, headers=headers) as answer:
                        self.brought.append(answer.status)
                except ClientError:
                    self.brought.append(0)
                if self.brought[-1] == 200 and update in self.pending:
                    self.pending.remove(update)
                self._changed()
                if self.brought[-1] != 200:
                    await asyncio.sleep(_BROUGHT_AGAIN)

    async def webhook_info(self, call: Call) -> Json:
        """``getWebhookInfo``."""
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self.pending)}
