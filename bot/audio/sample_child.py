"""Child process that decodes a stranger's recording and prints its length. Started by ``reference.py``.

``python -I sample_child.py FORMAT LONGEST`` reads the file from standard input and prints ``{"seconds": 3.2}``. It
stops counting soon after LONGEST seconds. Any other end (exit code, signal) means that the sound is not usable. It
imports nothing of ours, so that it starts from its path alone.
"""

import io
import json
import sys

_MEMORY = 768 << 20
"""Bytes of address space. The libraries map some 300 MB before the first byte is decoded; little of it is in use."""
_CPU = 10
"""Seconds. A minute of mp3 takes a twentieth of a second."""
_CODECS = {"mp3": ("mp3", "mp3float"), "wav": ("pcm_",)}
"""A WAV file may wrap any codec; only these are opened."""
_BAD_PACKETS = 50
"""More damaged packets in one file mean that it is no recording."""


def limit_resources() -> None:
    """Limit memory and CPU time of this process, and forbid it to write files. Unix only."""
    try:
        import resource  # noqa: PLC0415 - does not exist on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU, _CPU))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def measure(data: bytes, form: str, longest: float) -> float:
    """Return the seconds of sound. Raises ValueError or a libav error if there is none."""
    import av  # noqa: PLC0415 - after the limits, which then hold for the library as well

    # The format is given, not guessed: libav would otherwise follow playlists and open the files they name.
    with av.open(io.BytesIO(data), mode="r", format=form) as container:
        if len(container.streams.audio) != 1:
            raise ValueError("one stream of sound expected")
        stream = container.streams.audio[0]
        if not stream.codec_context.name.startswith(_CODECS[form]):
            raise ValueError("another codec")
        seconds, bad = 0.0, 0
        for packet in container.demux(stream):
            try:
                seconds += sum(frame.samples / frame.sample_rate for frame in packet.decode())
            except av.InvalidDataError:
                bad += 1
            if seconds > longest or bad > _BAD_PACKETS:
                break
    if bad > _BAD_PACKETS:
        raise ValueError("too much of it is damaged")
    return seconds


def main() -> int:
    """Measure standard input."""
    limit_resources()
    data = sys.stdin.buffer.read()
    sys.stdout.write(json.dumps({"seconds": measure(data, sys.argv[1], float(sys.argv[2]))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
