"""The sentences in Traditional Chinese, a file for each part of the project."""

from bot.texts.zh_hant import call, core, discord, doctor, reading, rules, telegram

PARTS = (call, core, discord, doctor, reading, rules, telegram)
SENTENCES: dict[str, str] = {code: words for part in PARTS for code, words in part.SENTENCES.items()}
