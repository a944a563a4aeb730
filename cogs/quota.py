"""``/quota``: what is used and left today, with a bar. Loaded by name by the Discord platform."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.base import Doors
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.wish import account_of, roles_of
from bot.speech.meter import BUILT_IN, PAID, Balance
from bot.texts import say

_CELLS = 12


def bar(used: int, whole: int) -> str:
    """A bar of twelve cells. Something used shows at least one, something left leaves at least one."""
    if whole <= 0:
        return "▱" * _CELLS
    full = round(_CELLS * min(used, whole) / whole)
    full = max(full, 1) if used else 0
    full = min(full, _CELLS - 1) if used < whole else _CELLS
    return "▰" * full + "▱" * (_CELLS - full)


def shown(balance: Balance, language: str) -> str:
    """One meter. The reset is shown in the reader's own time."""
    meter = say("discord.quota.builtin" if balance.meter == BUILT_IN else "discord.quota.paid", language)
    if balance.limit is None or balance.left is None:
        facts = {"used": balance.used, "requests": balance.requests}
        return f"**{meter}**\n" + say("discord.quota.free", language, **facts)
    whole = balance.limit + balance.granted
    words = say(
        "discord.quota.line",
        language,
        used=balance.used,
        limit=whole,
        left=balance.left,
        requests=balance.requests,
        resets=discord.utils.format_dt(balance.resets, "R"),
    )
    return f"**{meter}**\n{bar(balance.used, whole)}\n{words}"


class Quota(commands.Cog):
    """The command."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    @app_commands.command(
        name=localized("discord.quota.name", "quota"), description=localized("discord.quota.description")
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def quota(self, interaction: discord.Interaction[Bot]) -> None:
        """Tell who asks what they have left."""
        await voice_message.defer(interaction, private=True)
        tongue = await interaction.client.language_for(interaction)
        account, roles = account_of(interaction), roles_of(interaction)
        paid = await self._doors.speech.balance(account, roles, PAID)
        own = await self._doors.speech.balance(account, roles, BUILT_IN)
        meters = [paid, *([own] if own.used or own.limit is not None else [])]
        await voice_message.tell(interaction, "\n".join(shown(balance, tongue) for balance in meters))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Quota(bot.doors))
