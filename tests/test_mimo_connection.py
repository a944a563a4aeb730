"""The MiMo provider and its connection: TLS, proxies, every failure of the client; recordings of a wrong length."""

import inspect
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.errors import ErrorKind, ProviderError
from bot.providers.base import SpeechRequest
from bot.providers.http import failure, read_refusal
from bot.providers.mimo import MimoProvider, MimoSettings
from bot.text.split import expected_seconds, longest_seconds, looks_truncated
from tests.fakes.mimo_server import Fault, MimoServer
from tests.mimo_case import (  # noqa: F401  the fixtures of this file
    SENTENCE,
    fixture_mimo,
    fixture_server,
    kind_of,
    make,
)
from tests.provider_case import error_of, speak


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS of an authority that nobody knows, and the authority's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mouthpiece test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


async def test_tls_is_checked_and_an_authority_can_be_added(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    async with MimoServer(tls=context) as server:
        stranger, friend = make(server), make(server, ca_file=str(authority))
        assert await kind_of(stranger, SpeechRequest(SENTENCE)) is ErrorKind.CONNECTION
        await speak(friend, SpeechRequest(SENTENCE))
        lost = make(server, ca_file=str(tmp_path / "missing.pem"))
        assert (await error_of(lost, SpeechRequest(SENTENCE))).code == "provider.bad_ca_file"
        assert not (await lost.health()).ok
        for provider in (stranger, friend, lost):
            await provider.close()


async def test_a_proxy_of_the_environment_is_not_used_on_this_machine(
    server: MimoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    provider = make(server)
    await speak(provider, SpeechRequest(SENTENCE))
    await provider.close()
    monkeypatch.setenv("HTTP_PROXY", "gopher://nowhere")
    provider = make(server)
    assert (await error_of(provider, SpeechRequest(SENTENCE))).code == "provider.bad_proxy"
    assert not (await provider.health()).ok


def leaves(kind: type[BaseException]) -> set[type[BaseException]]:
    below = kind.__subclasses__()
    return {kind}.union(*(leaves(one) for one in below)) if below else {kind}


async def test_every_exception_of_httpx_is_a_kind_of_ours() -> None:
    roots = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
    tree = set().union(*(leaves(root) for root in roots))
    exported = {value for _, value in inspect.getmembers(httpx, inspect.isclass) if issubclass(value, Exception)}
    assert exported <= tree
    for kind in tree:
        error = kind.__new__(kind)
        assert isinstance(error, Exception)
        ours = failure("mimo", error)
        assert ours.kind in {ErrorKind.TIMEOUT, ErrorKind.CONNECTION, ErrorKind.BAD_ANSWER, ErrorKind.MODEL}
        assert ours.detail == kind.__name__
    assert failure("m", httpx.ConnectTimeout("")).kind is ErrorKind.CONNECTION
    assert failure("m", httpx.ReadTimeout("")).kind is ErrorKind.TIMEOUT
    assert failure("m", httpx.ReadError(""), answering=True).kind is ErrorKind.INCOMPLETE
    assert failure("m", httpx.ReadError("")).retryable


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":{"code":"421","message":"x"}}', ErrorKind.MODERATION),
        (200, b'{"error":{"code":429}}', ErrorKind.RATE_LIMIT),
        (500, b'{"error":{"code":"400","param":"p"}}', ErrorKind.INVALID),
        (200, b'{"error":{"code":"402","type":"server_error"}}', ErrorKind.BALANCE),
        (400, b'{"error":{"type":"limitation"}}', ErrorKind.RATE_LIMIT),
        (418, b'data:{"error":{"code":"503"}}', ErrorKind.SERVER),
        (413, b"", ErrorKind.INVALID),
        (408, b"", ErrorKind.SERVER),
        (422, b'{"detail":[{"msg":"field required"}]}', ErrorKind.INVALID),
        (404, b"<html>", ErrorKind.MODEL),
        (200, b"[" * 100_000, ErrorKind.BAD_ANSWER),
    ],
)
def test_the_inner_code_decides_then_the_type_then_the_status(status: int, body: bytes, kind: ErrorKind) -> None:
    assert read_refusal(status, body).kind is kind


# Lengths


async def test_a_recording_that_is_too_short_for_its_text_is_noticed(server: MimoServer, mimo: MimoProvider) -> None:
    for text in ("明天就是周五了，雨也停了，我们去公园走走吧。" * 8, f"{SENTENCE} " * 8):
        whole, _ = await speak(mimo, SpeechRequest(text.strip()))
        assert not looks_truncated(text, whole.seconds)
        server.faults.append(Fault("truncated"))
        short, usage = await speak(mimo, SpeechRequest(text.strip()))
        assert looks_truncated(text, short.seconds)
        assert not usage.estimated


def test_short_texts_and_punctuation_prove_nothing() -> None:
    assert not looks_truncated("你好" * 40, 0.1)
    assert not looks_truncated("......" * 100, 0.1)
    assert looks_truncated("你好" * 60, 0.1)
    low, high = expected_seconds("你" * 1071)
    assert low < 328 < high * 1.1
    assert expected_seconds("[cough] a") == expected_seconds("a")


async def test_sound_that_does_not_end_is_refused(server: MimoServer, mimo: MimoProvider) -> None:
    server.frames_per_frame = 100
    assert longest_seconds("hi") == 60
    for stream in (True, False):
        error = await error_of(mimo, SpeechRequest("hi", stream=stream))
        assert isinstance(error, ProviderError)
        assert error.kind is ErrorKind.BAD_ANSWER
        assert "no end" in error.detail


def test_tokens_are_reckoned_before_the_call() -> None:
    provider = MimoProvider("mimo", MimoSettings())
    short = provider.plan(SpeechRequest("hi")).tokens
    chinese = provider.plan(SpeechRequest("你" * 1071)).tokens
    assert 3 <= short <= 6
    assert 1071 / 1.6 + 300 * 6.25 * 0.7 < chinese < 1071 / 1.6 + 328 * 6.25 * 1.1
