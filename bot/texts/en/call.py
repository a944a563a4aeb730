"""English: reading aloud in a voice call or a chat."""

SENTENCES: dict[str, str] = {
    "call.no_view": "I cannot see {channel}: somebody who manages it has to grant me View Channel there.",
    "call.no_connect": "I may not go into {channel}: somebody who manages it has to grant me Connect there.",
    "call.no_speak": "I may not speak in {channel}: somebody who manages it has to grant me Speak there.",
    "call.full": "{channel} is full ({limit} people). Make room, raise its limit, or grant me Move Members.",
    "call.not_let_in": "Discord's voice server did not accept me in {channel}. Please try /join again.",
    "call.taken_out": "Somebody took me out of {channel}, so reading aloud has ended. /join brings me back.",
    "call.encryption": "{channel} wants an encryption that I do not have. Whoever hosts me should update me.",
    "call.rate_limited": "Discord is limiting me in voice channels. Please try /join again in some minutes.",
    "call.unreachable": "{channel} could not be joined: Discord's voice server does not answer. Please try again later.",
    "call.more": "and {count} more",
    "call.more_from": "and {count} more from {name}",
}
