"""Settings: the file, the environment, what is refused, what is masked."""

import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot import texts
from bot.config import Config, ProviderConfig, load
from bot.errors import ConfigError

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_names_every_key_with_its_default() -> None:
    shown = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    defaults = Config().model_dump(mode="json")
    for section, model in Config.model_fields.items():
        if section == "providers":
            assert shown["providers"] == {"mimo": {**ProviderConfig().model_dump(mode="json")}}
            continue
        assert shown[section] == defaults[section], f"{section}: {model.description}"


def test_every_key_of_the_example_has_a_comment() -> None:
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            assert "#" in line, line


def test_the_example_loads() -> None:
    assert load(EXAMPLE, {}).chain == ("mimo", "espeak")


def test_no_file_means_defaults() -> None:
    assert load(None, {}).quota == Config().quota


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ("data_dirr = 'x'", "data_dirr", "data_dir"),
        ("[quota]\naccount_character_per_day = 3", "quota.account_character_per_day", "account_characters_per_day"),
        ("[providers.mimo]\napi_kee = 'x'", "providers.mimo.api_kee", "api_key"),
        ("[telegramm]\ntoken = ''", "telegramm", "telegram"),
    ],
)
def test_unknown_keys_are_refused_with_a_suggestion(tmp_path: Path, text: str, key: str, suggestion: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, text), {})
    assert caught.value.facts == {"key": key, "suggestion": suggestion}
    assert suggestion in texts.of_error(caught.value, "en")


def test_all_faults_are_told_at_once_each_of_them_once(tmp_path: Path) -> None:
    text = "languag = 'en'\nspeech = 3\n[quota]\naccount_characters_per_day = -1\ntimezon = 'UTC'\n[web]\nport = 'x'"
    environment = {
        "MOUTHPIECE_NONSENSE": "1",
        "MOUTHPIECE_SPEECH__BITRATE": "24000",
        "MOUTHPIECE_TELEGRAM__TOKEN_FILE": str(tmp_path / "none"),
        "MOUTHPIECE_DISCORD__TOKEN_FILE": str(tmp_path / "none"),
    }
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, text), environment)
    faults = [caught.value, *caught.value.more]
    assert sorted((fault.code, fault.facts.get("key")) for fault in faults) == [
        ("config.unknown_key", "languag"),
        ("config.unknown_key", "quota.timezon"),
        ("config.unknown_variable", None),
        ("config.unreadable", None),
        ("config.unreadable", None),
        ("config.wanted.int", "web.port"),
        ("config.wanted.least", "quota.account_characters_per_day"),
        ("config.wanted.table", "speech"),
    ]


def test_every_unknown_provider_is_told_beside_other_faults(tmp_path: Path) -> None:
    text = "data_dir = '~nobody-of-this-name/data'\n[speech]\nproviders = ['mimoo', 'espeak', 'espeek', 'kokoro']"
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, f"{text}\n[providers.kokoro]\nmodel = 'x'"), {"MOUTHPIECE_NONSENSE": "1"})
    assert [(fault.code, fault.facts.get("name")) for fault in (caught.value, *caught.value.more)] == [
        ("config.unknown_variable", None),
        ("config.wanted.home", None),
        ("config.unknown_provider", "mimoo"),
        ("config.unknown_provider", "espeek"),
        ("config.provider_type", "kokoro"),
    ]


def test_faults_without_end_are_counted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, "".join(f"unknown{number} = 1\n" for number in range(50))), {})
    *told, last = [caught.value, *caught.value.more]
    assert len(told) == 20
    assert (last.code, last.facts) == ("config.more", {"count": 30})


@pytest.mark.parametrize(
    "text",
    [
        "[quota]\naccount_characters_per_day = -1",
        "[quota]\ntimezone = 'Middle/Earth'",
        "[quota]\nadmins = ['123456']",
        "[quota]\nadmins = ['discrod:123456']",
        "[quota]\nadmins = ['discord:abc']",
        "[providers.mimo]\nmax_concurrency = 0",
        "[speech]\nproviders = []",
        "[speech]\nproviders = ['mimoo']",
        "[providers.kokoro]\nmodel = 'x'\n[speech]\nproviders = ['kokoro']",
        "providers = 3",
        "not toml at all",
    ],
)
def test_values_that_cannot_be_used_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, text), {})
    sentence = texts.of_error(caught.value, "en")
    assert sentence.endswith((".", "?"))
    assert caught.value.code not in sentence


_SECTIONS = {
    name: field.annotation.model_fields
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
_KEYS = [
    *((name, "") for name in Config.model_fields if name != "providers"),
    *((name, key) for name, section in _SECTIONS.items() for key in section),
    *(("providers", key) for key in ProviderConfig.model_fields),
]


@pytest.mark.parametrize(("section", "key"), _KEYS)
def test_whatever_a_key_is_set_to_is_taken_or_refused_in_our_own_words(tmp_path: Path, section: str, key: str) -> None:
    path, refusals = tmp_path / "config.toml", []
    for value in ("true", "-1", "1.5", "999999999999", "nan", "''", "'x y'", "'\\u0000'", "[]", "[[]]", "{a=1}", "0"):
        table = "providers.mimo" if section == "providers" else section
        path.write_text(f"[{table}]\n{key} = {value}\n" if key else f"{section} = {value}\n", encoding="utf-8")
        try:
            load(path, {})
        except ConfigError as error:
            refusals.append(error)
    assert refusals
    for language in ("en", "zh"):
        assert {error.code for error in refusals} <= set(texts.LANGUAGES[language])
        assert "…" not in " ".join(texts.of_error(error, language) for error in refusals)


def test_a_provider_named_twice_is_asked_once(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[speech]\nproviders = ["espeak", "espeak"]\n', encoding="utf-8")
    assert load(path, {}).chain == ("espeak",)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.missing"):
        load(tmp_path / "nowhere.toml", {})


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "[providers.mimo]\nrpm = 5\n[quota]\ntimezone = 'UTC'")
    config = load(
        path,
        {
            "MOUTHPIECE_PROVIDERS__MIMO__API_KEY": "sk-secret-1",
            "MOUTHPIECE_PROVIDERS__MIMO__RPM": "7",
            "MOUTHPIECE_SPEECH__PROVIDERS": "mimo, espeak",
            "MOUTHPIECE_QUOTA__TIMEZONE": "Asia/Shanghai",
            "MOUTHPIECE_CONFIG": "ignored",
            "PATH": "/bin",
        },
    )
    assert config.provider("mimo").api_key.get_secret_value() == "sk-secret-1"
    assert config.provider("mimo").rpm == 7
    assert config.chain == ("mimo", "espeak")
    assert config.quota.zone.key == "Asia/Shanghai"


def test_the_service_s_own_variable_is_read_and_the_precise_one_wins() -> None:
    assert load(None, {"MIMO_API_KEY": "sk-a"}).provider("mimo").api_key.get_secret_value() == "sk-a"
    both = {"MIMO_API_KEY": "sk-a", "MOUTHPIECE_PROVIDERS__MIMO__API_KEY": "sk-b"}
    assert load(None, both).provider("mimo").api_key.get_secret_value() == "sk-b"


@pytest.mark.parametrize("platform", ["discord", "telegram"])
def test_tokens_are_read_by_their_usual_names_and_ours_win(platform: str, tmp_path: Path) -> None:
    usual, ours = f"{platform.upper()}_TOKEN", f"MOUTHPIECE_{platform.upper()}__TOKEN"
    written = tmp_path / "config.toml"
    written.write_text(f'[{platform}]\ntoken = "of-the-file"\n', encoding="utf-8")
    secret = tmp_path / "secret"
    secret.write_text("of-a-secret-file", encoding="utf-8")
    for environment, token in (
        ({usual: "usual"}, "usual"),
        ({usual: "usual", ours: "ours"}, "ours"),
        ({usual: "usual", f"{ours}_FILE": str(secret)}, "of-a-secret-file"),
        ({usual: ""}, "of-the-file"),
    ):
        assert getattr(load(written, environment), platform).token.get_secret_value() == token
    assert "usual" in load(None, {usual: "usual"}).secrets, "and it is masked in the log"


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("12345:abc\n", encoding="utf-8")
    config = load(None, {"MOUTHPIECE_TELEGRAM__TOKEN_FILE": str(secret)})
    assert config.telegram.token.get_secret_value() == "12345:abc"
    with pytest.raises(ConfigError, match=r"config\.unreadable"):
        load(None, {"MOUTHPIECE_TELEGRAM__TOKEN_FILE": str(tmp_path / "none")})


def test_a_certificate_file_is_a_path_not_a_secret() -> None:
    assert load(None, {"MOUTHPIECE_ENDPOINTS__CA_FILE": "/tmp/ca.pem"}).endpoints.ca_file == "/tmp/ca.pem"


def test_an_unknown_variable_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"MOUTHPIECE_PROVIDERS__MIMO__APIKEY": "x"})
    assert caught.value.facts["suggestion"] == "MOUTHPIECE_PROVIDERS__MIMO__API_KEY"
    with pytest.raises(ConfigError) as caught:
        load(None, {"MOUTHPIECE_PROVIDERS": "espeak"})
    assert caught.value.facts["suggestion"] == "MOUTHPIECE_SPEECH__PROVIDERS"


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    planted = "sk-planted-secret"
    path = _write(tmp_path, f"[discord]\ntoken = '{planted}'\n[providers.mimo]\napi_key = '{planted}'")
    config = load(path, {})
    assert planted not in repr(config) + str(config) + config.model_dump_json()
    assert config.secrets == (planted, planted)
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, f"[discord]\ntoken = ['{planted}']"), {})
    assert planted not in texts.of_error(caught.value, "en")


def test_a_secret_is_known_without_the_blanks_around_it(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        '[providers.mimo]\napi_key = " sk-planted\\n"\n[telegram]\ntoken = "1:a\\n"\nwebhook_secret = "s-1 "\n'
        '[discord]\ntoken = "d.e.f "',
    )
    assert set(load(path, {}).secrets) == {"sk-planted", "1:a", "s-1", "d.e.f"}


SECRETS = {
    "MIMO_API_KEY": "providers.mimo.api_key",
    "DISCORD_TOKEN": "discord.token",
    "MOUTHPIECE_PROVIDERS__OTHER__API_KEY": "providers.other.api_key",
    "MOUTHPIECE_DISCORD__TOKEN": "discord.token",
    "MOUTHPIECE_TELEGRAM__TOKEN": "telegram.token",
    "MOUTHPIECE_TELEGRAM__WEBHOOK_SECRET": "telegram.webhook_secret",
}


@pytest.mark.parametrize("variable", SECRETS)
@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('"sk-planted"', "quotes"),
        ("'sk-planted'", "quotes"),
        ('"sk-planted', "quotes"),
        ("“sk-planted”", "quotes"),
        (' "sk-planted"\n', "quotes"),
        ("sk-planted sk-2", "blanks"),
        ("sk-pla\nnted", "blanks"),
        ("sk-planted\u200b", "blanks"),
    ],
)
def test_a_secret_copied_with_something_around_it_is_refused(variable: str, written: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {variable: written})
    assert caught.value.code == f"config.wanted.no_{code}"
    assert caught.value.facts["key"] == SECRETS[variable]
    for language in ("en", "zh"):
        words = texts.of_error(caught.value, language)
        assert SECRETS[variable] in words
        assert "planted" not in words


def test_a_file_of_a_secret_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-1\r\n", encoding="utf-8-sig")
    config = load(None, {"MOUTHPIECE_PROVIDERS__MIMO__API_KEY_FILE": str(tmp_path / "key")})
    assert config.secrets == ("sk-1",)


def test_the_data_folder_is_relative_to_the_file(tmp_path: Path) -> None:
    assert load(_write(tmp_path, "data_dir = 'here'"), {}).data_dir == tmp_path / "here"
