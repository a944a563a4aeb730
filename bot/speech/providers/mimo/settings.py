"""What the MiMo provider needs to know from the configuration. Made by the app, read by the provider next door."""

from dataclasses import dataclass, field
from typing import Literal

from bot.speech.timeouts import Timeouts

BASE_URL = "https://api.xiaomimimo.com/v1"
TOKEN_PLAN_URL = "https://token-plan-cn.xiaomimimo.com/v1"  # noqa: S105 an address, not a password
MODEL = "mimo-v2.5-tts"
DESIGN_MODEL = "mimo-v2.5-tts-voicedesign"
CLONE_MODEL = "mimo-v2.5-tts-voiceclone"
TOKEN_PLAN_KEYS = ("tp-", "ttp-")
"""Keys that the service's terms forbid for bots."""


@dataclass(frozen=True, slots=True)
class MimoSettings:
    """An account at MiMo, or at a service that speaks its language. Empty strings mean the defaults."""

    api_key: str = field(default="", repr=False)
    auth: Literal["api-key", "bearer"] = "api-key"
    """The one header that carries the key."""
    base_url: str = ""
    """With or without ``/v1`` and what follows it."""
    model: str = ""
    """For preset voices."""
    design_model: str = ""
    clone_model: str = ""
    ca_file: str = ""
    """A PEM file of authorities trusted beside the public ones."""
    timeouts: Timeouts = Timeouts()

    @property
    def address(self) -> str:
        """The base URL in force: the service's own for this kind of key where none is set."""
        own = TOKEN_PLAN_URL if self.is_token_plan else BASE_URL
        return self.base_url.strip() or own

    @property
    def is_token_plan(self) -> bool:
        """Whether the key belongs to a plan for coding tools."""
        return self.api_key.strip().startswith(TOKEN_PLAN_KEYS)

    @property
    def headers(self) -> dict[str, str]:
        """The key in its header; nothing without a key."""
        key = self.api_key.strip()
        if not key:
            return {}
        return {"api-key": key} if self.auth == "api-key" else {"authorization": f"Bearer {key}"}
