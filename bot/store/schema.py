"""The tables of ``mouthpiece.db``, the same for every engine; times are integer milliseconds since 1970, UTC.

Read by the transaction bodies; ``migrations/`` makes them. A change here needs a revision there and a new HEAD.

The ledger's rows are the truth. The counters can be rebuilt from them (``audit.py``); they exist so that a limit
is checked by touching a few rows.

``sqlite_with_rowid=False``: the primary key is the table there, not an index beside it; the work per row is half.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    column,
    literal,
)

HEAD = "0010"
"""The migration of this schema. A database with a revision unknown here is newer than the code."""

KEY_LENGTH = 200
"""Longest idempotency key or scope, in characters."""

metadata = MetaData()

ledger = Table(
    "ledger",
    metadata,
    # The idempotency key: interaction id, update id, message id. Corrections have a random one.
    Column("key", String(KEY_LENGTH), primary_key=True),
    # held → spent | released | unknown; granted and reset are corrections by an admin.
    Column("state", String(10), nullable=False),
    Column("account", String(KEY_LENGTH), nullable=True),
    Column("space", String(KEY_LENGTH), nullable=True),
    Column("meter", String(10), nullable=False),
    # Starts of the windows the row is counted in; a minute only where a limit per minute applied.
    Column("day", BigInteger, nullable=False),
    Column("account_minute", BigInteger, nullable=True),
    Column("space_minute", BigInteger, nullable=True),
    # The requested amount, and the amount that counts (negative in a reset).
    Column("asked_characters", BigInteger, nullable=False),
    Column("asked_requests", BigInteger, nullable=False),
    Column("characters", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("granted", BigInteger, nullable=False),
    Column("owner", String(80), nullable=False),
    Column("resumable", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=True),
    sqlite_with_rowid=False,
)

HELD = literal("held", String(10), literal_execute=True)
"""Written into the statement itself, so that the partial index below can serve it."""

_open_only = column("state") == "held"
Index("ledger_open", ledger.c.expires, sqlite_where=_open_only, postgresql_where=_open_only)
Index("ledger_day", ledger.c.day)

delivery = Table(
    "delivery",
    metadata,
    # The key of a command. The ledger's rows that charge it have the same key, or continue after "/" or ":".
    Column("command", String(KEY_LENGTH), primary_key=True),
    # spent → sending → done; an answer without sound is done at once.
    Column("stage", String(10), nullable=False),
    # The sound's key in the clip cache until it is delivered.
    Column("clip", String(128), nullable=True),
    Column("changed", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("delivery_age", delivery.c.changed)

journal = Table(
    "journal",
    metadata,
    Column("command", String(KEY_LENGTH), primary_key=True),
    Column("platform", String(40), nullable=False),
    # The platform's payload, texts included: kept while the command is answered, and never copied.
    Column("content", Text, nullable=False),
    # Authorizes an answer on the platform; a secret for the minutes it is valid.
    Column("token", Text, nullable=True),
    Column("created", BigInteger, nullable=False),
)

progress_message = Table(
    "progress_message",
    metadata,
    # A progress message, removed when the command ends. Ids alone.
    Column("platform", String(40), primary_key=True),
    Column("chat", String(80), primary_key=True),
    Column("message", String(80), primary_key=True),
    sqlite_with_rowid=False,
)

counter = Table(
    "counter",
    metadata,
    Column("scope", String(KEY_LENGTH), primary_key=True),
    Column("meter", String(10), primary_key=True),
    Column("window", String(10), primary_key=True),  # day, minute
    Column("start", BigInteger, primary_key=True),
    Column("characters", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("granted", BigInteger, nullable=False),
    # The part whose ledger rows were dropped by retention: rows + folded = what counts.
    Column("folded_characters", BigInteger, nullable=False, server_default="0"),
    Column("folded_requests", BigInteger, nullable=False, server_default="0"),
    Column("folded_granted", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
Index("counter_age", counter.c.window, counter.c.start)

quota_override = Table(
    "quota_override",
    metadata,
    Column("scope", String(KEY_LENGTH), primary_key=True),
    Column("unlimited", Boolean, nullable=False),
    Column("characters_per_day", BigInteger, nullable=True),
    Column("requests_per_minute", BigInteger, nullable=True),
    Column("cooldown", Integer, nullable=True),  # seconds
)

provider_call = Table(
    "provider_call",
    metadata,
    Column("call_id", String(KEY_LENGTH), primary_key=True),
    Column("provider", String(80), nullable=False),
    # open → ok | failed; one that stays open past its lease was lost and stays charged.
    Column("state", String(10), nullable=False),
    Column("day", BigInteger, nullable=False),
    Column("minute", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),  # the amount that counts
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=True),
)

OPEN = literal("open", String(10), literal_execute=True)
"""Written into the statement itself, as HELD is."""

_running_only = column("state") == "open"
Index(
    "provider_call_open",
    provider_call.c.provider,
    provider_call.c.expires,
    sqlite_where=_running_only,
    postgresql_where=_running_only,
)
Index("provider_call_day", provider_call.c.day)

provider_counter = Table(
    "provider_counter",
    metadata,
    Column("provider", String(80), primary_key=True),
    Column("window", String(10), primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("estimated", BigInteger, nullable=False),  # calls whose tokens we estimated
    Column("failed", BigInteger, nullable=False),
)

provider_pause = Table(
    "provider_pause",
    metadata,
    Column("provider", String(80), primary_key=True),
    Column("until", BigInteger, nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("account", String(KEY_LENGTH), primary_key=True),
    # A field of the model and its value; without a row the model's default holds. The same in the next two tables.
    Column("name", String(40), primary_key=True),
    Column("value", JSON, nullable=False),
    sqlite_with_rowid=False,
)

space_setting = Table(
    "space_setting",
    metadata,
    Column("space", String(KEY_LENGTH), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", JSON, nullable=False),
    sqlite_with_rowid=False,
)

reading_setting = Table(
    "reading_setting",
    metadata,
    Column("space", String(KEY_LENGTH), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", JSON, nullable=False),
    sqlite_with_rowid=False,
)

dictionary_entry = Table(
    "dictionary_entry",
    metadata,
    # The scope of an account or a space.
    Column("owner", String(KEY_LENGTH), primary_key=True),
    Column("written", String(128), primary_key=True),
    Column("said", String(200), nullable=False),
    Column("pattern", Boolean, nullable=False),
    Column("place", Integer, nullable=False),  # the order in which they were added
    sqlite_with_rowid=False,
)

binding = Table(
    "binding",
    metadata,
    Column("space", String(KEY_LENGTH), primary_key=True),
    Column("channel", String(80), primary_key=True),
    Column("voice_channel", String(80), nullable=False),
    Column("voice", String(96), nullable=False),
    Column("style", String(200), nullable=False),
    Column("max_characters", Integer, nullable=False),
    sqlite_with_rowid=False,
)

session_marker = Table(
    "session_marker",
    metadata,
    Column("space", String(KEY_LENGTH), primary_key=True),
    Column("voice_channel", String(80), nullable=False),
    Column("channels", JSON, nullable=False),
    Column("seen", BigInteger, nullable=False),
)

blocked_account = Table(
    "blocked_account",
    metadata,
    Column("account", String(KEY_LENGTH), primary_key=True),
    Column("since", BigInteger, nullable=False),
)

words = Table(
    "words",
    metadata,
    Column("token", String(16), primary_key=True),
    # Scopes; empty for the operator, or for no space.
    Column("account", String(KEY_LENGTH), nullable=False),
    Column("space", String(KEY_LENGTH), nullable=False),
    # The only table that keeps what people wrote.
    Column("text", Text, nullable=False),
    Column("styles", JSON, nullable=False),
    Column("voice_kind", String(16), nullable=False),
    Column("voice", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("take", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
)
Index("words_age", words.c.created)
Index("words_account", words.c.account, words.c.created)

spoken = Table(
    "spoken",
    metadata,
    # Ids alone: who had which message spoken. Telegram numbers messages per chat.
    Column("platform", String(40), primary_key=True),
    Column("chat", String(80), primary_key=True),
    Column("message", String(80), primary_key=True),
    Column("account", String(KEY_LENGTH), nullable=False),
    Column("created", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("spoken_age", spoken.c.created)
