"""Give uv the package index that pip was told to use.

uv reads neither pip.conf nor PIP_*, so on a machine that may only reach a mirror pip works and uv does not. What a
person has set for uv itself (UV_*, SSL_CERT_FILE, ...) always wins. Addresses travel in the environment, never in argv,
since an index address may carry a password and every user of a machine can read argv.
"""

import ast
import ssl
from collections.abc import Mapping
from pathlib import Path

# pip's sections, weakest first: what holds for all commands, for `pip install`, and PIP_* variables.
SECTIONS = ("global", "install", ":env:")

NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "keyring-provider": "UV_KEYRING_PROVIDER",
}
LISTS = {
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
}
SAME_MEANING = {
    "UV_DEFAULT_INDEX": {"UV_INDEX_URL"},
    "UV_INDEX": {"UV_EXTRA_INDEX_URL"},
    "SSL_CERT_FILE": {"SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"},
    "ALL_PROXY": {"HTTPS_PROXY", "https_proxy", "all_proxy"},
}


def settings(listing: str) -> dict[str, str]:
    """Return option -> value from the output of `pip config list`, the section that pip would obey winning.

    Lines read `section.option='value'`, the value as Python writes a string; others are warnings, and skipped.
    """
    ranked: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        key, equals, written = line.partition("=")
        section, dot, option = key.strip().rpartition(".")
        if not (equals and dot and section in SECTIONS):
            continue
        try:
            value = str(ast.literal_eval(written.strip()))
        except (ValueError, SyntaxError):
            continue
        rank = SECTIONS.index(section)
        if rank >= ranked.get(option, (-1, ""))[0]:
            ranked[option] = (rank, value)
    return {option: value for option, (_, value) in ranked.items()}


def for_uv(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to add to `environ` so that uv asks where pip would ask.

    pip takes the best version that any of its indexes has; uv's default stops at the first index that knows the name,
    and a small extra index then hides the rest. With hash-checked requirements pip's way is as safe.
    """
    wanted = {NAMES[option]: value.strip() for option, value in pip.items() if option in NAMES}
    for option, (name, separator) in LISTS.items():
        if pip.get(option, "").split():
            wanted[name] = separator.join(pip[option].split())
    if "UV_INDEX" in wanted:
        wanted["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {
        name: value
        for name, value in wanted.items()
        if value and not ({name, *SAME_MEANING.get(name, ())} & set(environ))
    }


def trust(environ: Mapping[str, str], store: str | None = None) -> dict[str, str]:
    """Return the variable that makes uv trust the machine's own certificates too, as behind a proxy that inspects TLS.

    Only where the machine has a store (`store`, or OpenSSL's default file): with an empty one uv would trust nobody,
    whereas its bundled roots work on a minimal Debian.
    """
    if {"SSL_CERT_FILE", "SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"} & set(environ):
        return {}
    file = store if store is not None else ssl.get_default_verify_paths().cafile
    return {"UV_SYSTEM_CERTS": "true"} if file and Path(file).is_file() else {}


def flags(pip: Mapping[str, str]) -> list[str]:
    """Return the command-line options for which uv has no variable."""
    return ["--no-index"] if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"} else []
