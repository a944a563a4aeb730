"""Settings on Discord: each by its command in both languages, shown in them, kept over a restart, obeyed then."""

from typing import Any

import pytest

from bot.platforms.reading.settings import PLACE
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.discord_case import Start, voices_of, words_of
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, Channel, Role, User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]

BOTH = pytest.mark.parametrize(("locale", "zh"), [("en-US", False), ("zh-CN", True)], ids=["en", "zh"])
READING: dict[str, tuple[str, str, str]] = {
    "names": ("off", "Say who wrote each message (names): no", "读出每条消息是谁写的 (names): 否"),
    "template": (
        "{name} meint",
        'Announcement text, for example "{name} says" (template): {name} meint',
        "报名字的说法，例如“{name}说” (template): {name} meint",
    ),
    "language": (
        "zh",
        "Language to assume if unclear (language): Chinese",
        "看不出语言时使用的语言 (language): 中文",
    ),
    "length": (
        "120",
        "Read at most this many characters of a message (length): 120",
        "每条消息最多朗读多少个字符 (length): 120",
    ),
    "prefix": ("!", "Don't read messages that begin with this (prefix): !", "不朗读以此开头的消息 (prefix): !"),
    "everyone": (
        "on",
        "Also read people who aren't in the voice channel (everyone): yes",
        "也朗读不在语音频道里的人 (everyone): 是",
    ),
    "bots": ("on", "Read other bots (bots): yes", "朗读其他机器人 (bots): 是"),
    "webhooks": ("on", "Read webhooks (webhooks): yes", "朗读 webhook (webhooks): 是"),
    "silent": ("on", "Read messages sent silently (silent): yes", "朗读静默消息 (silent): 是"),
    "emoji": ("off", "Read the names of emoji and stickers (emoji): no", "读出表情和贴纸的名称 (emoji): 否"),
    "slang": ("off", "Read abbreviations as full words (slang): no", "把缩写读成完整的词语 (slang): 否"),
    "laugh": ("off", "Laugh for laughing emoji (laugh): no", "遇到笑脸表情就笑 (laugh): 否"),
    "emphasis": ("off", "Stress words in capitals (emphasis): no", "重读大写的词 (emphasis): 否"),
    "whisper": ("off", "Whisper spoilers (whisper): no", "用耳语读剧透内容 (whisper): 否"),
    "actions": ("off", "Turn *sighs* into a sigh (actions): no", "把 *叹气* 变成叹气声 (actions): 否"),
    "come": (
        "off",
        "Join by myself when someone in a voice channel writes (come): no",
        "语音频道里有人发消息时自动加入 (come): 否",
    ),
    "alone": (
        "0",
        "Leave after this many seconds alone; 0: stay (alone): 0",
        "没有人时，多少秒后离开；0 为不离开 (alone): 0",
    ),
    "quiet": (
        "00:00-00:01",
        "Quiet hours, for example 22:00-07:00 (quiet): 00:00-00:01",
        "安静时段，例如 22:00-07:00 (quiet): 00:00-00:01",
    ),
    "timezone": (
        "Asia/Shanghai",
        "Time zone of this server or group (timezone): Asia/Shanghai",
        "服务器或群组的时区 (timezone): Asia/Shanghai",
    ),
}
"""What is set, and how that is shown in English and in Chinese."""


@pytest.fixture
def other(server: DiscordServer) -> Channel:
    return server.world.add_channel(server.world.home, "other", permissions=EVERYTHING_WE_NEED)


class Guild:
    """People in the server, in one language."""

    def __init__(self, server: DiscordServer, build: BuildHouse, mimo: MimoServer, locale: str) -> None:
        self.server, self._build, self._mimo, self.locale = server, build, mimo, locale
        self.language = "zh" if locale.startswith("zh") else "en"

    async def house(self) -> House:
        """As it is after a start: built on what the one before kept."""
        mimo = {"base_url": self._mimo.base_url, "api_key": "sk-test"}
        return await self._build(providers={"mimo": mimo}, speech={"providers": ["mimo"]})

    def intents(self) -> None:
        """The bot may see what people write."""
        self.server.gateway.privileged = 1 << 15

    async def told(self, command: str, options: dict[str, Any] | None = None, user: User | None = None) -> str:
        answer = await (await self.server.slash(command, options, user=user, locale=self.locale)).answered()
        return answer.content

    async def explained(self, words: str, **more: Any) -> list[str]:
        """What the menu shows of a message of Ada."""
        message: Message = await self.server.say(words, **more)
        name = say("discord.menu.explain", "en")
        return (await (await self.server.menu(name, message, locale=self.locale)).answered()).content.splitlines()


@BOTH
async def test_a_person_s_own(
    server: DiscordServer, build_house: BuildHouse, mimo: MimoServer, start: Start, locale: str, zh: bool
) -> None:
    guild = Guild(server, build_house, mimo, locale)
    style = "悄悄话" if zh else "Whisper"
    mine = {"voice": "Mia", "style": style, "language": "zh" if zh else "en"}
    aloud = {"nickname": "小明" if zh else "Lady A", "speed": "fast", "tongue": "zh" if zh else "en", "readme": False}
    async with start((await guild.house()).services):
        await guild.told("settings mine", mine)
        await guild.told("settings favourite", {"kind": "voice", "name": "Dean"})
        shown = await guild.told("settings favourite", {"kind": "style", "name": style})
        heard = await guild.told("settings aloud", aloud)
        await guild.told("dictionary add", {"word": "gg", "said": "打得好" if zh else "good game"})
    assert shown.splitlines() == (
        ["你的声音：Mia", "你的风格：悄悄话", "我回复时用的语言：中文", "收藏的声音：Dean", "收藏的风格：悄悄话"]
        if zh
        else ["Your voice: Mia", "Your style: Whisper", "Language of my answers: English", "Favourite voices: Dean",
              "Favourite styles: Whisper"]
    )  # fmt: skip
    assert heard.splitlines() == (
        ["朗读时对你的称呼 (nickname): 小明", "朗读你的消息的语速 (speed): 快",
         "你的消息看不出语言时使用的语言 (tongue): 中文", "是否朗读我的消息 (readme): 否"]
        if zh
        else ["Your name when I read it aloud (nickname): Lady A", "How fast I read your messages (speed): fast",
              "Language to assume for your messages if unclear (tongue): English",
              "Read my messages aloud (readme): no"]
    )  # fmt: skip
    again = Guild(server, build_house, mimo, "zh-CN" if not zh else "en-US")  # the language that was set goes first
    again.intents()
    async with start((await again.house()).services, message_content=True):
        assert await again.told("settings mine") == shown
        assert await again.told("settings aloud") == heard
        await again.told("say", {"text": "gg"})
        voices = await (await server.autocomplete("say", "voice", "")).suggestions()
        styles = await (await server.autocomplete("say", "style", "")).suggestions()
        unread, said, *_ = await again.explained("gg")
    assert mimo.calls[-1]["audio"]["voice"] == "Mia"
    assert words_of(server)[0].endswith(f"{style}\n> gg")
    assert (voices[0]["value"], styles[0]["value"]) == ("Dean", style)
    assert unread == say("unread.opted_out", guild.language)
    assert said == ("会读作：小明说：打得好" if zh else "It would be read as: Lady A says: good game")


@BOTH
async def test_a_server_s(
    server: DiscordServer, build_house: BuildHouse, mimo: MimoServer, start: Start, locale: str, zh: bool,
    mod: User, other: Channel,
) -> None:  # fmt: skip
    guild, role = Guild(server, build_house, mimo, locale), Role("singers")
    server.world.add_member(server.world.home, server.world.ada, role)
    style, word = ("悄悄话", "香蕉") if zh else ("Whisper", "banana")
    shared = {"voice": "Dean", "style": style, "language": "zh" if zh else "en", "cooldown": 600, "words": True}
    async with start((await guild.house()).services):
        await guild.told("server settings", shared, mod)
        await guild.told("server role", {"role": role, "rule": "blocked", "what": "singing"}, mod)
        await guild.told("server role", {"role": role, "cooldown": 300}, mod)
        await guild.told("server channel", {"channel": server.world.general, "open": "open"}, mod)
        form = await server.slash("server blocklist", user=mod, locale=locale)
        await (await server.submit(form, [word])).answered()
        shown = await guild.told("server settings", user=mod)
    scope, place = f"<@&{role.id}>", f"<#{server.world.general.id}>"
    assert shown.splitlines() == (
        ["声音：Dean", "风格：悄悄话", "语言：中文", "冷却时间：600 秒", f"身份组的冷却时间：{scope} 300 s",
         "语音下显示文字：是",
         "允许的身份组：–", f"禁止的身份组：{scope} (唱歌)", f"频道：{place}", "屏蔽词：1 个"]
        if zh
        else ["Voice: Dean", "Style: Whisper", "Language: English", "Cooldown: 600 s",
              f"Role cooldowns: {scope} 300 s",
              "Text under voice messages: yes", "Roles allowed: –",
              f"Roles blocked: {scope} (singing)", f"Channels: {place}",
              "Blocked words: 1"]
    )  # fmt: skip
    async with start((await guild.house()).services):
        assert await guild.told("server settings", user=mod) == shown
        asked = await (await server.slash("server blocklist", user=mod, locale=locale)).form()
        assert asked["components"][0]["component"]["value"] == word
        assert await guild.told("sing", {"text": "La."}) == say("guard.role.singing", guild.language)
        assert await guild.told("say", {"text": f"A {word}."}) == say("guard.word", guild.language)
        elsewhere = await server.slash("say", {"text": "Hello."}, channel=other, locale=locale)
        assert (await elsewhere.answered()).content == say("guard.channel", guild.language)
        await guild.told("say", {"text": "Good evening."})
        assert await guild.told("say", {"text": "Once more."}) == say("guard.cooldown", guild.language, seconds=300)
    assert len(voices_of(server)) == 1
    assert words_of(server)[0].endswith(f"{style}\n> Good evening.")
    assert mimo.calls[-1]["audio"]["voice"] == "Dean"


def test_every_setting_of_reading_is_tried() -> None:
    assert [each.key for each in PLACE] == list(READING)


@BOTH
async def test_how_a_server_is_read(
    server: DiscordServer, build_house: BuildHouse, mimo: MimoServer, start: Start, locale: str, zh: bool, mod: User
) -> None:
    guild, role = Guild(server, build_house, mimo, locale), Role("regulars")
    server.world.home.roles.append(role)
    bo = User("bo")
    async with start((await guild.house()).services):
        for key, (value, english, chinese) in READING.items():
            typed = {"on": "开", "off": "关"}.get(value, value) if zh else value
            shown = await guild.told("reading set", {"setting": key, "value": typed}, mod)
            assert (chinese if zh else english) in shown.splitlines(), shown
        await guild.told("reading role", {"role": role, "rule": "priority"}, mod)
        await guild.told("reading ignore", {"person": bo}, mod)
        entry = {"word": "gg", "said": "打得好" if zh else "good game", "whose": "server"}
        said = "“gg”现在读作“打得好”。" if zh else '"gg" is now read as "good game".'
        assert await guild.told("dictionary add", entry, mod) == said
        shown = await guild.told("reading show", user=mod)
    assert shown.splitlines()[len(READING) :] == (
        ["必须的身份组: –", f"优先的身份组: <@&{role.id}>", "不朗读的身份组: –", "被忽略的人: 1"]
        if zh
        else ["Required roles: –", f"Roles read first: <@&{role.id}>", "Roles not read: –",
              "Ignored people: 1"]
    )  # fmt: skip
    guild.intents()
    async with start((await guild.house()).services, message_content=True):
        assert await guild.told("reading show", user=mod) == shown
        assert (await guild.explained("hello", user=bo))[0] == say("unread.ignored", guild.language)
        assert (await guild.explained("!hello"))[0] == say("unread.prefix", guild.language, prefix="!")
        said = "会读作：打得好 btw WOW sighs" if zh else "It would be read as: good game btw WOW sighs"
        assert said in await guild.explained("gg btw 😂 WOW *sighs* 🚀")


@BOTH
async def test_values_are_suggested_in_the_reader_s_language(
    server: DiscordServer, build_house: BuildHouse, mimo: MimoServer, start: Start, locale: str, zh: bool, mod: User
) -> None:
    async with start((await Guild(server, build_house, mimo, locale).house()).services):

        async def suggested(setting: str, typed: str) -> dict[str, str]:
            filled = {"setting": setting}
            asked = await server.autocomplete("reading set", "value", typed, filled=filled, user=mod, locale=locale)
            return {one["name"]: one["value"] for one in await asked.suggestions()}

        assert await suggested("names", "") == ({"开": "on", "关": "off"} if zh else {"on": "on", "off": "off"})
        assert await suggested("names", "关" if zh else "of") == {("关" if zh else "off"): "off"}
        languages = ["英语", "中文", "自动"] if zh else ["English", "Chinese", "automatic"]
        assert await suggested("language", "") == dict(zip(languages, ("en", "zh", "-"), strict=True))
        assert await suggested("language", "中" if zh else "Chi") == {languages[1]: "zh"}
        assert list(await suggested("quiet", "")) == ["22:00-07:00", "关" if zh else "off"]
        assert await suggested("length", "") == {}
