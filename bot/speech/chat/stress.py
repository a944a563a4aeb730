"""ALL CAPS: stressed where that is wanted, left alone where they are a name. A step of ``reader``."""

import re

from bot.patterns import linear
from bot.speech.chat.draft import Draft
from bot.speech.chat.evidence import is_common
from bot.speech.chat.technical import is_technical

_WORD = r"[A-Z](?:[A-Z]|['’](?=[A-Z])){0,40}+"
_CAPS = linear(
    rf"(?<![\w!/\\$%-])(?<!\w['’])(?:{_WORD})(?:[ ,]{{1,2}}+(?:{_WORD})){{0,200}}(?![\w=/(]|['’]\w|-\w)",
    "a word in capitals is taken whole; where the last of a row is refused, the row ends with the word before it",
)
_WORDS = re.compile(_WORD)
_NAMES = frozenset(
    {"NASA", "NATO", "HTML", "HTTP", "HTTPS", "JSON", "YAML", "TOML", "IMDB", "UNESCO", "UNICEF", "NVIDIA", "IKEA",
     "RGBA", "ASCII", "GIMP", "RAID", "CUDA", "FOMO", "LGBT", "LGBTQ", "COVID", "AIDS", "SCSI", "BIOS", "UEFI", "JPEG",
     "MPEG", "TIFF", "SATA", "NVME", "DDOS", "CSGO", "OSHA", "FIFA", "UEFA", "NCAA", "NASDAQ", "OPEC", "MIDI", "PDFS",
     "URLS", "APIS", "OAUTH", "CAPTCHA", "EULA", "GDPR", "SIEM", "IMAP", "CPU", "GPU", "USB", "SSD", "AFK", "DIY",
     "FAQ", "ETA", "MATE", "UTC", "USA", "API", "URL", "AMD", "NYC", "UFO", "ASAP"}
)  # fmt: skip
"""Abbreviations that are read as words or spelled; nobody shouts them."""
_SHORT = frozenset({"NO", "YES", "WOW", "HEY", "WHY", "NOT", "NOW", "YOU", "WHO"})
"""Short words that are shouted."""
_SHOUTS = """
ABUSE AGREE AHEAD ALERT ALIVE ALONE ANGRY ANNOY ARGUE AWAKE AWFUL BABY BEAST BEAT BEST BITCH BLAME BLESS BLIND BLOOD
BORED BOSS BRAVE BREAK BROKE BURN BUSY CATCH CHEAP CHEAT CHILL CLEAN CLEAR CLOSE COLD COOL CRAP CRASH CRAZY CRIED
CURSE CUTE DAMN DANCE DARE DARK DEAD DEAR DEATH DIED DIRTY DONE DRAMA DREAM DRIVE DRUNK DUDE DUMB EARLY EASY ENJOY
EPIC EVIL EXACT FACT FACTS FAIL FAIR FAKE FAST FAULT FIGHT FINE FIRE FIXED FOCUS FOOL FORCE FREAK FREE FRESH FRICK
FUCK FUCKS FULL FUNNY GIRL GLAD GOOD GRAND GREAT GROSS GUYS HAND HAPPY HARD HATED HATES HEART HEAVY HECK HELL HERO
HIGH HOLY HUGE HURRY HURT HYPE IDIOT JESUS JOKE KIDS KILL KILLS KIND KING LATE LAZY LEARN LEGIT LIAR LIED LIES LIFE
LONG LOSER LOUD LOVED LOVES LUCK LUCKY MAGIC MAJOR MERCY MESS MISS MONEY MOOD MOVED MUSIC NAKED NASTY NEAT NERD NICE
NIGHT NOOB NUTS OKAY ONES ORDER PAID PAIN PANIC PARTY PEACE POINT POOR PRESS PRICE PROOF PROUD PULL PUNCH PURE PUSH
QUEEN QUICK QUIET QUIT QUITE RAGE RARE READY REAL RICH RIGHT ROCKS ROUGH RUDE RUSH SAFE SALT SALTY SAVE SCARE SCARY
SEXY SHAME SHARP SHIT SHOOT SHOUT SHUT SICK SILLY SLAY SLOW SMALL SMILE SOLID SOUND SPAM SPEND STAND STUCK STUFF SUCK
SUCKS SUPER SURE SWEAR SWEAT SWEET TEACH TEAM THING THROW TIGHT TIME TINY TIRED TOTAL TOUCH TOUGH TRASH TRICK TRUE
TRUST TRUTH UGLY UPSET VIBE VILE VOTE WAKE WALK WASH WASTE WATCH WEAK WEIRD WHOLE WILD WISH WOAH WORLD WORSE WORST
WORTH WRONG YALL YEARS YEET YELL
"""
_LIKELY = frozenset(_SHOUTS.split())
"""Words of four and five letters that people shout, beside the common ones: a name is as long."""
_LONG_SHOUTS = """
ABSOLUTE ACTUAL ADVICE AFRAID AGAINST ALMOST ALREADY ALWAYS AMAZING ANIMAL ANNOYING ANSWER ANYBODY ANYMORE ANYONE
ANYTHING ANYWAY APPARENT ASLEEP AWESOME BANANA BASTARD BASTARDS BEAUTIFUL BECAUSE BEFORE BEHIND BEING BELIEVE BETTER
BETWEEN BILLION BIRTHDAY BOTTOM BRILLIANT BROKEN BROTHER BULLSHIT CANCEL CANNOT CAREFUL CARELESS CHANGE CHANGED
CHARACTER CHICKEN CHOICE CHOOSE CHRIST CHRISTMAS COMPLETE CONFUSED CONGRATS CONGRATULATIONS CORRECT COUPLE COWARD
CRINGE CRYING DAMMIT DAMNED DAMNIT DANGER DANGEROUS DECENT DEFINITE DESERVE DESERVED DESPERATE DIFFERENT DIFFICULT
DISASTER DISGUST DISGUSTING DOING DUMBASS DYING EASIER EITHER ENDLESS ENOUGH ENTIRE EVERYBODY EVERYONE EVERYTHING
EVERYTIME EVERYWHERE EXACT EXCELLENT EXCEPT EXCITED EXPENSIVE EXTREME FAILED FANTASTIC FASTER FAVORITE FAVOURITE
FINISH FINISHED FOREVER FORGET FORGOT FREAKING FREEDOM FRICKING FRIEND FRIENDS FUCKED FUCKING FURTHER GENIUS GETTING
GODDAMN GOING GOODBYE GOODNIGHT GORGEOUS GREATEST HAPPENED HAPPENS HARMLESS HATING HATRED HAVING HEAVEN HELLO HELPED
HELPLESS HERSELF HIMSELF HOPELESS HORRIBLE HUNDRED HUNGRY IDIOTS IGNORE IMMEDIATE IMPORTANT IMPOSSIBLE INCREDIBLE
INSANE INSIDE INSTANT INSTEAD INSULTING INVINCIBLE JUSTICE KIDDING KNOWLEDGE LAUGHING LITERAL LITTLE LOOKING LOSERS
LOSING LOVELY LOVING LYING MAKING MANIAC MASSIVE MATTER MATTERS MAYBE MEANWHILE MILLION MINUTE MINUTES MISERABLE
MISTAKE MOMENT MONSTER MORNING MOTHER MURDER MYSELF NEITHER NOBODY NORMAL NOTHING NOWHERE OBVIOUS OFFICIAL OPPOSITE
OURSELVES OUTSIDE PATHETIC PEOPLE PERFECT PERSON PERSONAL PLEASE POSSIBLE PRETTY PROBLEM PROMISE QUESTION RANDOM
RATHER REALLY REALY REASON REMEMBER RETARD RETARDED RIDICULOUS SAVAGE SAYING SCARED SCREAM SCREAMING SECOND SECONDS
SELFISH SERIOUS SHITTY SHOULD SILENCE SIMPLE SINGLE SISTER SOMEBODY SOMEONE SOMETHING SOMEWHERE SPECIAL STOPPED
STRAIGHT STRANGE STRONG STUPID SUDDEN SUPPOSED SURPRISE SWEETIE TALKING TERRIBLE THANKS THANKYOU THEMSELVES THINKING
THOUGH THOUGHT THOUSAND THROUGH TOGETHER TOMORROW TONIGHT TOWARDS TRAITOR TROUBLE TRYING UNBELIEVABLE UNDERSTAND
USELESS VICTORY VIOLENCE WELCOME WHATEVER WHENEVER WHEREVER WHETHER WHOEVER WINNER WINNING WITHIN WITHOUT WONDER
WONDERFUL WORTHLESS WRONG YESTERDAY YOURSELF
"""
_LONG_LIKELY = frozenset(_LONG_SHOUTS.split())
_SHOUTED_ENDING = re.compile(r"(?:LY|NESS|IEST|IOUS)$|['’]")
"""How other long words end that are no names: ``QUICKLY``."""
_COMMAND = re.compile(r"(?:^|[ \n])(?:[/!][A-Za-z]{2,16}+ (?:[^\s/!]{1,32}+ )?+|-{1,2}[A-Za-z][a-z-]{0,16}+ )$")
_NEAR = 64
"""Signs before a word in capitals that are looked at for a command."""
_NUMBERED = re.compile(r" \d{1,4}+(?:\.\d|(?= ?/ ?\d))")
_LISTED = re.compile(",[A-Z]")
_DRAWN = re.compile(r"([A-Z])\1\1")
_VOWEL = re.compile("[AEIOUY]")


def stress(draft: Draft) -> None:
    """Put the tag of emphasis before words in capitals that are no abbreviations."""
    if not draft.delivery.emphasis or draft.text.islower():
        return

    def stressed(match: re.Match[str]) -> str:
        if (
            _is_listed(match)
            or _is_argument(draft, match)
            or draft.kind_at(match.start() - 1) == "emphasis"
            or not _shouted(_WORDS.findall(match[0]))
            or (" " not in match[0] and is_technical(draft, match.string, match.start()))
        ):
            return match[0]
        return draft.tag("emphasis", match[0], "emphasis", match[0]) + match[0]

    draft.replace(_CAPS, stressed)


def _shouted(words: list[str]) -> bool:
    """Whether somebody shouts: a long word, or several that are not all names of things."""
    loud = [word for word in words if word not in _NAMES and _VOWEL.search(word)]
    if len(words) == 1:
        return bool(loud) and (words[0] in _SHORT or (len(words[0]) > 3 and _is_likely(words[0])))
    return any(word in _SHORT or _is_likely(word) for word in loud) and sum(map(len, loud)) > 5


def _is_likely(word: str) -> bool:
    """Whether it is drawn out or a word that people shout: ``GRUB``, ``SMART`` and ``UBUNTU`` are names."""
    if word in _LIKELY or word in _LONG_LIKELY or is_common(word.lower()) or _DRAWN.search(word):
        return True
    return len(word) > 5 and bool(_SHOUTED_ENDING.search(word))


def _is_argument(draft: Draft, match: re.Match[str]) -> bool:
    """Whether it follows a path or a command: ``/media/NEW VOLUME``, ``/msg NickServ REGISTER``."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    bare = before.rstrip(" \\")
    return draft.rule_of(bare[-1:]) == "" or bool(_COMMAND.search(before))


def _is_listed(match: re.Match[str]) -> bool:
    """Whether it is one of several names with no blank between, or has a number: ``AMD,RTX``, ``ESXI 5.5``."""
    before, behind = (
        match.string[max(0, match.start() - 1) : match.start()],
        match.string[match.end() : match.end() + 2],
    )
    if " " not in match[0] and _NUMBERED.match(match.string, match.end()):
        return True
    return before == "," or (behind[:1] == "," and behind[1:].isalnum()) or bool(_LISTED.search(match[0]))
