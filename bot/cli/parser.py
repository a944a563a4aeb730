"""The command line's grammar: commands, options, help. Each command is a function in its own module."""

import argparse
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from bot import __version__
from bot.cli.arguments import Arguments

if TYPE_CHECKING:  # --help must not load the settings
    from bot.config import Config


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command by its function, ``speak.say``: its module is imported when it runs, so that ``--help`` is quick."""

    name: str

    def __call__(self, config: "Config", asked: Arguments) -> Coroutine[Any, Any, int]:
        """Import the function and call it."""
        module, _, function = self.name.partition(".")
        found: Coroutine[Any, Any, int] = getattr(import_module(f"bot.cli.{module}"), function)(config, asked)
        return found


def read(arguments: Sequence[str] | None) -> Arguments:
    """Parse the command line; exits with 2 and a usage line on wrong usage."""
    return _parser().parse_args(arguments, Arguments())


_HELP = """examples:
  mouthpiece say "Hello" --style Whisper --voice Mia -o hello.ogg
  echo 'style:"Taiwanese accent" 你好' | mouthpiece say - -o hello.ogg
  mouthpiece say "Hello" --explain --json
  mouthpiece quota show discord:123456789
  mouthpiece --config config.toml run

exit codes: 0 done, 2 wrong use or configuration, 3 cannot be spoken, 4 quota used up, 5 busy,
6 provider refused or failed, 7 sound, 8 database or data folder, 9 chat network, 70 fault, 130 interrupted"""


_LEVELS = ("debug", "info", "warning", "error")


class _Parser(argparse.ArgumentParser):
    """Suggests the likely word for an unknown one."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2 and a sentence."""
        wrong = re.search(r"invalid choice: '(.{1,100}?)'|unrecognized arguments: (-\S{1,100}+)", message)
        nearest = get_close_matches(wrong[1] or wrong[2].partition("=")[0], self._words()) if wrong else ()
        super().error(f"{message}. Did you mean {nearest[0]}?" if nearest else message)

    def _words(self) -> list[str]:
        """Return every command and every option of all commands."""
        words = list(self._option_string_actions)
        for action in self._actions:
            words += map(str, action.choices or ())
            if isinstance(action.choices, dict):
                words += (word for parser in action.choices.values() for word in parser._words())
        return words


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mouthpiece",
        description="A chat bot that gives a community a voice: the bot, and its host's tools.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mouthpiece {__version__}")
    parser.add_argument("--config", metavar="FILE", help="configuration (default: $MOUTHPIECE_CONFIG or ./config.toml)")
    parser.add_argument("--log", dest="verbose", choices=_LEVELS, help="log level on standard error")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_say(commands)
    _add(commands, "voices", "info.voices", "list the voices of every provider", json=True)
    styles = _add(commands, "styles", "info.styles", "list the recommended styles, or find one", json=True)
    styles.add_argument("query", nargs="?", default="", help="part of a name, typing errors allowed")
    _add(commands, "models", "info.models", "list the model ids each provider offers", json=True)
    health = _add(
        commands, "health", "info.health", "check that every provider answers; free ones also speak a word", json=True
    )
    checks = "check the database, audio, providers, tokens and permissions"
    for each in (health, _add(commands, "doctor", "doctor.doctor", checks, json=True)):
        each.add_argument("--speak", action="store_true", help="make paid providers speak a word too (costs a little)")
    _add_quota(commands)
    for name, command, text in (
        ("block", "block.block", "block an account everywhere"),
        ("unblock", "block.unblock", "unblock an account"),
    ):
        _add(commands, name, command, text).add_argument("account", help="NAME, discord:123 or telegram:456")
    config = _group(commands, "config", "inspect the configuration")
    _add(config, "check", "operate.config_check", "validate the configuration and print a summary")
    _add_database(commands)
    invite = _add(
        commands,
        "invite",
        "operate.invite",
        "print the links that add the bot to a Discord server and to a Telegram group",
    )
    invite.add_argument(
        "--application-id", default="", help="Discord application id, if neither a token nor an id is configured"
    )
    _add(commands, "demo", "speak.demo", "speak a few sample sentences into files")
    _add(commands, "run", "operate.run", "run the bot until SIGTERM or Ctrl+C")
    return parser


def _group(commands: Any, name: str, text: str) -> Any:
    """Add a command that needs a subcommand."""
    return commands.add_parser(name, help=text).add_subparsers(required=True, metavar="COMMAND")


def _add(commands: Any, name: str, command: str, text: str, *, json: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(command=LazyCommand(command))
    # Accepted after the command as well, where no default may overwrite what was given before it.
    parser.add_argument("--config", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--log", dest="verbose", choices=_LEVELS, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    if json:
        parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _add_say(commands: Any) -> None:
    say = _add(commands, "say", "speak.say", "speak a text into an Ogg voice message", json=True)
    say.add_argument("text", help="text to speak, or - for standard input (leading style:… voice:… are options)")
    say.add_argument("-o", "--output", metavar="FILE", default="speech.ogg", help="output file (default: %(default)s)")
    say.add_argument(
        "--style", default="", metavar="NAMES", help='one or more styles: "Happy, Slow down"; any words work'
    )
    say.add_argument("--voice", default="", metavar="ID", help="a preset voice")
    say.add_argument("--design", default="", metavar="TEXT", help="description of a voice to design")
    say.add_argument(
        "--clone", default="", metavar="FILE", help="mp3 or wav sample of a voice to clone (with permission)"
    )
    say.add_argument("--instruction", default="", metavar="TEXT", help="how to say it, in a sentence; not spoken")
    say.add_argument(
        "--take", type=int, default=0, metavar="N", help="number of the take, for another rendering (default: 0)"
    )
    say.add_argument("--account", default=None, metavar="NAME", help="charge this account's quota: NAME or discord:123")
    say.add_argument("--space", default=None, metavar="NAME", help="charge this server or group too: discord:456")
    say.add_argument("--message", action="store_true", help="treat the text as a chat message that is read aloud")
    say.add_argument("--language", choices=("en", "zh"), help="language for symbols and numbers (with --message)")
    say.add_argument(
        "--dictionary", default="", metavar="FILE", help="pronunciation dictionary: CSV, TSV or JSON (with --message)"
    )
    say.add_argument("--yes", action="store_true", help="accept guesses about the dictionary's format")
    say.add_argument(
        "--explain", action="store_true", help="print what would be sent and what it would cost; send nothing"
    )


def _add_quota(commands: Any) -> None:
    quotas = _group(commands, "quota", "show and change quotas")
    show = _add(quotas, "show", "quota.show", "show today's use of an account and of the providers", json=True)
    show.add_argument(
        "account",
        nargs="?",
        default="",
        help="NAME (command line), discord:123, space:telegram:-456 or role:discord:789",
    )
    grant = _add(quotas, "grant", "quota.grant", "grant an account characters, for today or every day")
    grant.add_argument("account", help="an account, space:discord:456 or role:discord:789")
    grant.add_argument("characters", type=int, help="number of characters; with --per-day the daily limit (0: none)")
    grant.add_argument("--per-day", action="store_true", help="set the daily limit instead")
    own = _add(quotas, "set", "quota.change", "set limits for an account, a server or a role")
    own.epilog = "0 means nothing is allowed; for no limit use --unlimited (in config.toml 0 means no limit)."
    own.add_argument("account", help="an account, space:discord:456 or role:discord:789")
    own.add_argument("--per-day", type=int, metavar="N", help="characters per day; 0 allows none")
    own.add_argument("--per-minute", type=int, metavar="N", help="commands per minute; 0 allows none")
    own.add_argument(
        "--cooldown", type=_seconds, metavar="SECONDS", help="time between two commands of a person: 90, or '2 min'"
    )
    own.add_argument("--unlimited", action=argparse.BooleanOptionalAction, help="no limits at all")
    reset = _add(quotas, "reset", "quota.reset", "reset today's use to 0")
    reset.add_argument("account", help="an account, space:discord:456, or with --all role:discord:789")
    reset.add_argument("--all", action="store_true", help="remove its own limits, too")


def _seconds(typed: str) -> int:
    """Return a duration, typed as on the platforms; a negative one is refused with its bounds later."""
    from bot import values  # noqa: PLC0415 - its sentences take longer to load than --help does
    from bot.errors import InputError  # noqa: PLC0415 - as above

    try:
        return values.seconds("--cooldown", typed.removeprefix("-")) * (-1 if typed.startswith("-") else 1)
    except InputError:
        raise argparse.ArgumentTypeError(f"not a number of seconds: {typed!r}") from None


def _add_database(commands: Any) -> None:
    databases = _group(commands, "db", "check, migrate and back up the database")
    _add(databases, "upgrade", "database.upgrade", "migrate the database (run and say do this automatically)")
    check = _add(
        databases,
        "check",
        "database.check",
        "check for damage and recount what was spent",
        json=True,
    )
    check.add_argument("--repair", action="store_true", help="rebuild damaged indexes and correct the sums")
    backup = _add(databases, "backup", "database.backup", "copy the database, even while the bot runs")
    backup.add_argument("file", metavar="FILE", help="new file; an existing one is never overwritten")
