"""Discord's error codes with their statuses and words, and how the stand-in raises them. Used by all its parts."""

from typing import Any

_MEANING = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10008: (404, "Unknown Message"),
    10015: (404, "Unknown Webhook"),
    10013: (404, "Unknown User"),
    10007: (404, "Unknown Member"),
    10063: (404, "Unknown application command"),
    10062: (404, "Unknown interaction"),
    10065: (404, "Unknown Voice State"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "Maximum number of follow-ups reached for this interaction"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50159: (400, "Voice messages do not support additional content."),
    50160: (400, "Voice messages must have a single audio attachment."),
    50161: (400, "Voice messages must have supporting metadata."),
    50162: (400, "Voice messages cannot be edited."),
    50173: (400, "You cannot send voice messages in this channel."),
    160002: (403, "You cannot reply to messages without permission to read message history"),
}


class Refused(Exception):  # noqa: N818  it is what happens, not a fault
    """A request that Discord answers with an error."""

    def __init__(self, code: int, detail: str = "", *, at: str = "", kind: str = "STAND_IN") -> None:
        """``at``: the place in the body, its parts joined by dots; ``kind``: Discord's name of what is wrong there."""
        super().__init__(f"{code} {at} {detail}" if at else f"{code} {detail}")
        self.at, self.kind = at, kind
        self.code = code
        self.status, self.message = _MEANING.get(code, (400, "Refused"))
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """The answer."""
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.detail:
            errors: dict[str, Any] = {"_errors": [{"code": self.kind, "message": self.detail}]}
            for part in reversed(self.at.split(".") if self.at else []):
                errors = {part: errors}
            body["errors"] = errors
        return body
