"""Generate ``docs/configuration.md`` from the settings model, so that the page cannot go stale.

Run by ``make docs``.
"""

import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.config import Config, ProviderConfig

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
_HEAD = """\
# Configuration

Settings come from `config.toml` and from environment variables; the environment wins. `mouthpiece --config FILE` names
the file; without it, `config.toml` in the current folder is used if there is one. `config.example.toml` is a commented
copy to start from, and `mouthpiece config check` reports every mistake in one go.

A variable is named after its table and key: `MOUTHPIECE_QUOTA__ACCOUNT_CHARACTERS_PER_DAY=8000`. A name ending in
`_FILE` gives a file that holds the value, as container secrets do. Keep secrets in the environment.

This page is generated from the code by `make docs`.
"""


def _default(field: FieldInfo) -> str:
    """Return the default value as it is written in the file."""
    value = field.default
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    if isinstance(value, SecretStr):
        return '`""`'
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (str, Path)):
        return f'`"{value}"`'
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f"`{value}`"


def _allowed(field: FieldInfo) -> str:
    """Return the allowed values or bounds, or nothing."""
    annotation: Any = field.annotation
    if get_origin(annotation) is Literal:
        return " One of " + ", ".join(f'`"{value}"`' for value in get_args(annotation)) + "."
    bounds = {}
    for part in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            if (value := getattr(part, name, None)) is not None:
                bounds[name] = value
    words = []
    if "ge" in bounds:
        words.append(f"at least {bounds['ge']:g}")
    if "gt" in bounds:
        words.append(f"more than {bounds['gt']:g}")
    if "le" in bounds:
        words.append(f"at most {bounds['le']:g}")
    return f" ({', '.join(words)})" if words else ""


def _table(model: type[BaseModel], variable: str) -> list[str]:
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel) or (name == "providers" and model is Config):
            continue
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{name}` | {_default(field)} | {meaning}{_allowed(field)} |")
    return [*lines, "", f"Environment: `{variable}NAME`, in capitals."]


def page() -> str:
    """Return the page."""
    lines = [_HEAD, "## At the top of the file", "", *_table(Config, "MOUTHPIECE_"), ""]
    for name, field in Config.model_fields.items():
        section = type(field.default) if isinstance(field.default, BaseModel) else None
        if name == "providers":
            lines += ["## `[providers.NAME]`", "", ProviderConfig.__doc__ or "", ""]
            lines += [*_table(ProviderConfig, "MOUTHPIECE_PROVIDERS__NAME__"), ""]
        elif section is not None:
            lines += [f"## `[{name}]`", "", section.__doc__ or "", ""]
            lines += [*_table(section, f"MOUTHPIECE_{name.upper()}__"), ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
