"""Who may come in, and what `inspector serve` is asked to show; no server runs here."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.cli.verbs.serve import served_from
from inspector.errors import UsageError
from inspector.serve import Address, Door, Role

LOOPBACK = Door(Address("127.0.0.1", 8000), presenter="p" * 32, audience="c" * 32)


def test_tokens_are_long_and_never_the_same() -> None:
    made = [Door(Address("127.0.0.1", 8000)) for _ in range(20)]
    tokens = {token for access in made for token in (access.presenter, access.audience)}
    assert len(tokens) == 40
    assert min(map(len, tokens)) >= 32
    assert made[0].presenter not in repr(made[0])


@pytest.mark.parametrize(
    ("token", "opens"),
    [
        ("p" * 32, {Role.PRESENT, Role.CLASS, Role.VIEW}),
        ("c" * 32, {Role.CLASS, Role.VIEW}),
        ("", set()),
        ("c" * 31, set()),
        ("ü" * 32, set()),
        ("\udc80", set()),
    ],
)
def test_a_token_opens_what_it_is_for(token: str, opens: set[Role]) -> None:
    assert {role for role in Role if LOOPBACK.allows(role, token)} == opens
    assert LOOPBACK.knows(token) == bool(opens)


@pytest.mark.parametrize(
    ("headers", "websocket", "refused"),
    [
        ({"Host": "127.0.0.1:8000"}, False, False),
        ({"Host": "localhost:8000", "Origin": "http://localhost:8000"}, True, False),
        ({"Host": "127.0.0.1:8000"}, True, True),
        ({"Host": "127.0.0.1:8000", "Origin": "http://evil.example"}, False, True),
        ({"Host": "127.0.0.1:8000", "Origin": "http://evil.example"}, True, True),
        ({"Host": "127.0.0.1:8000", "Origin": "null"}, True, True),
        ({"Host": "127.0.0.1:8000", "Origin": "https://127.0.0.1:8000"}, True, True),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8001"}, True, True),
        ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, True, True),
        ({"Host": "evil.example"}, False, True),
        ({}, False, True),
    ],
)
def test_other_sites_and_other_names_are_refused(headers: dict[str, str], websocket: bool, refused: bool) -> None:
    assert bool(LOOPBACK.refusal(headers, websocket=websocket)) == refused


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_exposed_server_goes_by_its_addresses_and_the_names_given(host: str) -> None:
    access = Door(Address(host, 8000, ("Lecture.example",)))
    for name in ("lecture.example:8000", "LECTURE.EXAMPLE:8000", "192.0.2.7:8000", "[2001:db8::7]:8000"):
        assert access.refusal({"Host": name}, websocket=False) == ""
        assert access.refusal({"Host": name, "Origin": f"http://{name}"}, websocket=True) == ""
        assert access.refusal({"Host": name, "Origin": "http://evil.example"}, websocket=True)
    for name in (
        "evil.example:8000",
        "192.0.2.7:8001",
        "192.0.2.7",
        "192.0.2.07:8000",
        "1.2.3.4;script-src *:8000",
        "",
    ):
        assert access.refusal({"Host": name}, websocket=False) == "This server is not called that."


def test_addresses() -> None:
    assert Address("::1", 8000).authority() == "[::1]:8000"
    assert Address("::1", 8000).loopback
    assert Address("127.0.0.2", 8000).loopback
    assert not Address("192.0.2.1", 8000).loopback
    assert Address("0.0.0.0", 8000).everywhere
    assert Address("192.0.2.1", 8000).asked_for("192.0.2.1:8000") == "192.0.2.1:8000"
    assert Address("192.0.2.1", 8000).asked_for("192.0.2.2:8000") == ""
    assert LOOPBACK.url(Role.VIEW) == f"http://127.0.0.1:8000/view?token={'c' * 32}"


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ([], ["lesson", "1"]),
        (["fusion"], ["lesson", "fusion"]),
        (["lesson", "recompiles"], ["lesson", "recompiles"]),
        (["target", "recompiles"], ["recompiles"]),
        (["llama-mlp", "--seq", "16"], ["llama-mlp", "--seq", "16"]),
        (["target", "--model", "llama", "--seq", "4"], ["--model", "llama", "--seq", "4"]),
        (["samples/lessons/softmax.md"], ["lesson", "samples/lessons/softmax.md"]),
    ],
)
def test_what_is_served(words: list[str], arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert served_from(words).arguments == arguments


def test_a_log_is_served_without_the_compiler() -> None:
    path = str(Path(__file__).parents[1] / "traces" / "two_ops.log")
    served = served_from([path])
    assert (served.arguments, served.compiles) == (["open", path], False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["recompiles"], "a lesson and a target"),
        (["nonsense"], "nonsense"),
        (["lesson"], "needs a name"),
        (["lesson", "fusion", "more"], "one too many"),
        (["llama-mlp", "--nonsense"], "nonsense"),
    ],
)
def test_what_cannot_be_served(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        served_from(words)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_listening_elsewhere_needs_a_word(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", host, "--port", "0", "llama-mlp"]) == 2
    said = capsys.readouterr().err
    assert "--expose" in said
    assert "as you" in said
    assert "unencrypted" in said


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    log = str(Path(__file__).parents[1] / "traces" / "two_ops.log")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), log]) == 2
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use." in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--host", "evil"], ["--port", "70000"], ["--views", "-1"]])
def test_bad_options(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *options, "llama-mlp"]) == 2
    assert "Traceback" not in capsys.readouterr().err
