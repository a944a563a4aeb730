"""Codes of sentences that are looked up by a name, each written out, so that a search for a code finds its use."""

REASON = {
    "authentication": "reason.authentication",
    "balance": "reason.balance",
    "forbidden": "reason.forbidden",
    "model": "reason.model",
    "rate_limit": "reason.rate_limit",
    "budget": "reason.budget",
    "server": "reason.server",
    "connection": "reason.connection",
    "timeout": "reason.timeout",
    "bad_answer": "reason.bad_answer",
    "incomplete": "reason.incomplete",
    "unsupported": "reason.unsupported",
    "config": "reason.config",
    "busy": "reason.busy",
}
"""Why a provider was not used, by the kind of its failure."""

RULE = {
    "action": "rule.action",
    "attachment": "rule.attachment",
    "blocked": "rule.blocked",
    "bracket": "rule.bracket",
    "code": "rule.code",
    "command": "rule.command",
    "date": "rule.date",
    "dictionary": "rule.dictionary",
    "digits": "rule.digits",
    "emoji": "rule.emoji",
    "emphasis": "rule.emphasis",
    "fancy": "rule.fancy",
    "formatting": "rule.formatting",
    "forward": "rule.forward",
    "hashtag": "rule.hashtag",
    "invisible": "rule.invisible",
    "laugh": "rule.laugh",
    "laughter": "rule.laughter",
    "length": "rule.length",
    "link": "rule.link",
    "long": "rule.long",
    "mail": "rule.mail",
    "markup": "rule.markup",
    "masked": "rule.masked",
    "mention": "rule.mention",
    "money": "rule.money",
    "name": "rule.name",
    "number": "rule.number",
    "place": "rule.place",
    "poll": "rule.poll",
    "repeat": "rule.repeat",
    "reply": "rule.reply",
    "sign": "rule.sign",
    "silent": "rule.silent",
    "slang": "rule.slang",
    "smash": "rule.smash",
    "spoiler": "rule.spoiler",
    "sticker": "rule.sticker",
    "time": "rule.time",
    "unit": "rule.unit",
    "zalgo": "rule.zalgo",
}
"""What changed the text of a message, by the name of the rule."""

PERMISSION = {
    "view_channel": "permission.view_channel",
    "send_messages": "permission.send_messages",
    "send_messages_in_threads": "permission.send_messages_in_threads",
    "send_voice_messages": "permission.send_voice_messages",
    "attach_files": "permission.attach_files",
    "connect": "permission.connect",
    "speak": "permission.speak",
    "request_to_speak": "permission.request_to_speak",
}
"""Discord's permissions."""

GUARD_ROLE = {
    "": "guard.role",
    "singing": "guard.role.singing",
    "instruction": "guard.role.instruction",
    "voices": "guard.role.voices",
}
"""What a role may not do, by feature; empty for speaking at all."""

PROVIDER_NAME = {
    "mimo": "provider.name.mimo",
    "espeak": "provider.name.espeak",
    "builtin": "provider.name.builtin",
}
"""Providers that people know by a name."""

STYLE_SECTION = {
    "rate": "shelf.rate",
    "emotion": "shelf.emotion",
    "role": "shelf.role",
    "change": "shelf.change",
    "dialect": "shelf.dialect",
    "singing": "shelf.singing",
}
"""Sections of styles."""

CHOICE = {
    "singing": "discord.choice.singing",
    "instruction": "discord.choice.instruction",
    "voices": "discord.choice.voices",
    "speaking": "discord.choice.speaking",
    "open": "discord.choice.open",
    "closed": "discord.choice.closed",
    "everywhere": "discord.choice.everywhere",
    "auto": "discord.choice.auto",
    "en": "discord.choice.en",
    "zh": "discord.choice.zh",
    "zh-Hant": "discord.choice.zh-Hant",
    "slow": "discord.choice.slow",
    "usual": "discord.choice.usual",
    "fast": "discord.choice.fast",
    "allowed": "discord.choice.allowed",
    "blocked": "discord.choice.blocked",
    "neither": "discord.choice.neither",
    "required": "discord.choice.required",
    "priority": "discord.choice.priority",
    "none": "discord.choice.none",
    "voice": "discord.choice.voice",
    "style": "discord.choice.style",
    "mine": "discord.choice.mine",
    "server": "discord.choice.server",
    "json": "discord.choice.json",
    "csv": "discord.choice.csv",
}
"""Choices of Discord command options."""

MENU = {
    "speak": "discord.menu.speak",
    "speak_as": "discord.menu.speak_as",
    "who": "discord.menu.who",
    "why": "discord.menu.why",
    "explain": "discord.menu.explain",
}
"""Entries of a Discord message's context menu."""

SETTINGS_NAME = {
    "role": "discord.settings.role.name",
    "rest": "discord.settings.rest.name",
    "channel": "discord.settings.channel.name",
    "kind": "discord.settings.kind.name",
    "name": "discord.settings.name.name",
    "keep": "discord.settings.keep.name",
    "rule": "discord.settings.rule.name",
    "what": "discord.settings.what.name",
    "opened": "discord.settings.opened.name",
}
"""Names of options of ``/settings`` and ``/server``."""

SETTINGS = {
    "name": "discord.settings.name",
    "role": "discord.settings.role",
    "rest": "discord.settings.rest",
    "channel": "discord.settings.channel",
    "kind": "discord.settings.kind",
    "keep": "discord.settings.keep",
    "rule": "discord.settings.rule",
    "what": "discord.settings.what",
    "opened": "discord.settings.opened",
}
"""Descriptions of these options."""

SETUP_NAME = {
    "room": "call.setup.room.name",
    "channel": "call.setup.channel.name",
    "voice": "call.setup.voice.name",
    "style": "call.setup.style.name",
    "length": "call.setup.length.name",
    "remove": "call.setup.remove.name",
}
"""Names of options of ``/setup``."""

SETUP = {
    "room": "call.setup.room",
    "channel": "call.setup.channel",
    "voice": "call.setup.voice",
    "style": "call.setup.style",
    "length": "call.setup.length",
    "remove": "call.setup.remove",
}
"""Descriptions of these options."""

DICTIONARY_NAME = {
    "add": "dictionary.add.name",
    "remove": "dictionary.remove.name",
    "list": "dictionary.list.name",
    "export": "dictionary.export.name",
    "import": "dictionary.import.name",
    "whose": "dictionary.whose.name",
    "written": "dictionary.written.name",
    "said": "dictionary.said.name",
    "pattern": "dictionary.pattern.name",
    "format": "dictionary.format.name",
    "file": "dictionary.file.name",
    "keep": "dictionary.keep.name",
}
"""Names of the subcommands and options of ``/dictionary``."""

DICTIONARY = {
    "whose": "dictionary.whose",
    "written": "dictionary.written",
    "said": "dictionary.said",
    "format": "dictionary.format",
    "file": "dictionary.file",
    "keep": "dictionary.keep",
    "pattern": "dictionary.as_pattern",
}
"""Descriptions of its options."""

DICTIONARY_ANSWER = {
    "yes": "dictionary.yes",
    "no": "dictionary.no",
}
"""Answers to the question before an import."""

TELEGRAM_COMMAND = {
    "say": "telegram.command.say",
    "help": "telegram.command.help",
    "start": "telegram.command.start",
    "sing": "telegram.command.sing",
    "voice": "telegram.command.voice",
    "style": "telegram.command.style",
    "quota": "telegram.command.quota",
    "settings": "telegram.command.settings",
    "who": "telegram.command.who",
    "read": "telegram.command.read",
    "reading": "telegram.command.reading",
    "dictionary": "telegram.command.dictionary",
    "why": "telegram.command.why",
    "explain": "telegram.command.explain",
    "doctor": "telegram.command.doctor",
}
"""Descriptions in Telegram's command menu."""

TELEGRAM_UNREAD = {
    "unread.not_read_here": "telegram.unread.not_read_here",
    "unread.no_content": "telegram.unread.no_content",
    "unread.role": "telegram.unread.role",
    "unread.channel": "telegram.unread.channel",
    "unread.ignored": "telegram.unread.ignored",
    "unread.opted_out": "telegram.unread.opted_out",
    "unread.bot": "telegram.unread.bot",
    "unread.prefix": "telegram.unread.prefix",
    "unread.word": "telegram.unread.word",
    "unread.quota": "telegram.unread.quota",
    "unread.provider": "telegram.unread.provider",
    "unread.quiet_hours": "telegram.unread.quiet_hours",
    "unread.webhook": "telegram.unread.webhook",
    "unread.empty": "telegram.unread.empty",
    "unread.queue_full": "telegram.unread.queue_full",
    "unread.no_speak": "telegram.unread.no_speak",
    "unread.skipped": "telegram.unread.skipped",
    "unread.not_speech": "telegram.unread.not_speech",
}
"""Sentences for Telegram instead of those shared with Discord."""

TELEGRAM_FAVOURITE = {
    "on": "telegram.favourite.on",
    "off": "telegram.favourite.off",
}
"""Sentences after a favourite was added or removed."""

TELEGRAM_RANK = {
    "required_roles": "telegram.reading.required_roles",
    "priority_roles": "telegram.reading.priority_roles",
    "blocked_roles": "telegram.reading.blocked_roles",
    "no_role": "telegram.reading.no_role",
}
"""How administrators are read in a group, by the list they are in."""

LEFT = {
    "say.free": "say.free_left",
    "say.cost": "say.cost_left",
    "telegram.price": "telegram.price_left",
    "telegram.free": "telegram.free_left",
    "telegram.cost": "telegram.cost_left",
}
"""The same sentence with the rest of the quota."""

HIDDEN = {
    "call.queue.now": "call.queue.now_hidden",
    "call.queue.row": "call.queue.row_hidden",
}
"""The same line for people who cannot see the channel."""

TOPIC = {
    "telegram.read.on": "telegram.read.on.topic",
    "telegram.read.off": "telegram.read.off.topic",
    "telegram.read.is_on": "telegram.read.is_on.topic",
}
"""The same sentence about a topic."""

BRIEF = {
    "doctor.files.wide": "doctor.files.wide.brief",
    "doctor.provider.bad": "doctor.provider.bad.brief",
    "doctor.provider.not_set_up": "doctor.provider.not_set_up.brief",
}
"""The same finding without details for the host."""

OFF = {
    "doctor.discord.content": "doctor.discord.content.off",
    "doctor.telegram.groups": "doctor.telegram.groups.off",
    "telegram.doctor.voices": "telegram.doctor.voices.off",
}
"""The same finding in the negative."""

FREE = {
    "doctor.quota.account": "doctor.quota.account.free",
    "doctor.quota.space": "doctor.quota.space.free",
}
"""The same balance without a limit."""

SPENT = {
    "doctor.quota.account": "doctor.quota.account.spent",
    "doctor.quota.space": "doctor.quota.space.spent",
}
"""The same balance used up."""

STATE = {
    "good": "doctor.good",
    "warning": "doctor.warning",
    "bad": "doctor.bad",
}
"""Marks of findings."""

VOICE = {
    "male": "voice.is.male",
    "female": "voice.is.female",
    "american": "voice.is.american",
    "british": "voice.is.british",
    "mandarin": "voice.is.mandarin",
    "chinese": "voice.is.chinese",
    "english": "voice.is.english",
    "lively": "voice.is.lively",
    "natural": "voice.is.natural",
    "intellectual": "voice.is.intellectual",
    "sunny": "voice.is.sunny",
    "mature": "voice.is.mature",
    "sweet": "voice.is.sweet",
    "steady": "voice.is.steady",
    "the_service_s_own_choice": "voice.is.the_service_s_own_choice",
    "another_one_by_region": "voice.is.another_one_by_region",
}
"""Parts of the description of a voice."""

WITH_REQUESTS = {
    "doctor.provider.answers": "doctor.provider",
    "doctor.provider.spoke.answers": "doctor.provider.spoke",
}
"""The same finding with the requests of today."""
