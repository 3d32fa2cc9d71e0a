"""Configurations of one small router, of the lines that a test is about."""

from auditor.facts.router import RunningConfig, saved_ios
from tests.make import fact

START = "version 17.9\nhostname rt-01\n"


def config(*lines: str, start: str = START) -> RunningConfig:
    """Return the configuration that these lines make."""
    text = start + "".join(line if line.endswith("\n") else f"{line}\n" for line in lines) + "end\n"
    read = fact(saved_ios, text)
    assert isinstance(read, RunningConfig)
    return read
