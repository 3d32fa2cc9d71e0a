"""Words that people and programs write for the same thing: kinds, platforms, addresses, names and identities."""

import difflib
import re
from collections.abc import Iterable
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from typing import Final

from auditor.model.asset import Kind, Platform

KINDS: Final = {
    **{kind.value.replace("-", ""): kind for kind in Kind},
    "ap": Kind.ACCESS_POINT, "wap": Kind.ACCESS_POINT, "wirelessap": Kind.ACCESS_POINT,
    "vm": Kind.SERVER, "virtualmachine": Kind.SERVER, "host": Kind.SERVER, "hypervisor": Kind.SERVER,
    "pc": Kind.WORKSTATION, "desktop": Kind.WORKSTATION, "notebook": Kind.LAPTOP, "macbook": Kind.LAPTOP,
    "smartphone": Kind.PHONE, "mobile": Kind.PHONE, "mobilephone": Kind.PHONE, "tablet": Kind.PHONE,
    "voipphone": Kind.IP_PHONE, "deskphone": Kind.IP_PHONE, "powerdevice": Kind.UPS, "fw": Kind.FIREWALL,
    "spine": Kind.SWITCH, "leaf": Kind.SWITCH,
}  # fmt: skip

PLATFORMS: Final = {
    **{platform.value.replace("-", ""): platform for platform in Platform},
    "osx": Platform.MACOS, "macosx": Platform.MACOS, "mac": Platform.MACOS, "darwin": Platform.MACOS,
    "ipados": Platform.APPLE_IOS, "iosipados": Platform.APPLE_IOS,
    "ubuntu": Platform.LINUX, "debian": Platform.LINUX, "rhel": Platform.LINUX, "centos": Platform.LINUX,
    "redhat": Platform.LINUX, "rocky": Platform.LINUX, "rockylinux": Platform.LINUX, "almalinux": Platform.LINUX,
    "fedora": Platform.LINUX, "sles": Platform.LINUX, "suse": Platform.LINUX, "alpine": Platform.LINUX,
    "iosxe": Platform.CISCO_IOS, "ciscoiosxe": Platform.CISCO_IOS, "nxos": Platform.CISCO_NXOS,
    "asa": Platform.CISCO_ASA, "iosxr": Platform.CISCO_IOSXR, "ciscoxr": Platform.CISCO_IOSXR,
    "eos": Platform.ARISTA_EOS, "mikrotik": Platform.ROUTEROS, "fortigate": Platform.FORTIOS,
    "fortinet": Platform.FORTIOS, "paloalto": Platform.PANOS, "juniper": Platform.JUNOS,
    "arubaos": Platform.ARUBA, "aoscx": Platform.ARUBA,
}  # fmt: skip

NETWORK_KINDS: Final = frozenset({Kind.ROUTER, Kind.SWITCH, Kind.FIREWALL, Kind.ACCESS_POINT})

IDENTITIES: Final = ("serial", "engine-id", "host-key", "imei", "meid", "udid", "device-id", "mac")

# What firmware and exports write where there is no serial number: DMI defaults of mainboard makers, spreadsheet blanks.
_PLACEHOLDERS: Final = frozenset(
    {
        "tobefilledbyoem", "none", "na", "null", "nil", "unknown", "defaultstring", "systemserialnumber", "serial",
        "serialnumber", "notspecified", "notapplicable", "notavailable", "notset", "invalid", "chassisserialnumber",
        "empty", "undefined", "baseboardserialnumber", "oem", "noserial", "noserialnumber", "default", "notfound",
        "123456789", "0123456789", "1234567890", "01234567", "12345678", "systemserial", "tbd", "test",
    }
)  # fmt: skip
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_SPREADSHEET: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)


def squeezed(text: str) -> str:
    """Return a text's letters and digits in lower case, so that `Serial-Number` and `serial number` are the same."""
    return "".join(filter(str.isalnum, text.casefold()))


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return a sentence that names the allowed words, the closest one first where there is a close one."""
    words = list(allowed)
    close = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]}? " if close else ""
    return f"{hint}Write one of: {', '.join(words)}."


def kind_of(text: str) -> Kind | None:
    """Return the kind that a word means, in singular or plural, or None."""
    word = squeezed(text)
    plurals = (word, word.removesuffix("s"), word.removesuffix("es"))
    return next((KINDS[form] for form in plurals if form in KINDS), None)


def platform_of(text: str, kind: Kind = Kind.OTHER) -> Platform | None:
    """Return the platform that a word means, or None. A bare `ios` is told by the kind: Cisco's, Apple's, or None."""
    words = text.replace(",", " ").split()
    for count in range(min(len(words), 4), 0, -1):
        word = squeezed("".join(words[:count]))
        if word == "ios":  # also "iOS 17.5.1", and Cisco's "IOS 15.2(7)E10"
            return _bare_ios(kind)
        if found := PLATFORMS.get(word) or _numbered_name(word):
            return found
    return None


def _bare_ios(kind: Kind) -> Platform | None:
    return Platform.CISCO_IOS if kind in NETWORK_KINDS else Platform.APPLE_IOS if kind is Kind.PHONE else None


def _numbered_name(word: str) -> Platform | None:
    letters = word.rstrip("0123456789")  # "windows10", "macos14"
    return PLATFORMS.get(letters) if letters and letters != "ios" else None


def address_problem(text: str) -> str:
    """Return why a text is not one address or host name, or an empty string."""
    if "%" in text:
        return "names an interface; write the address alone"
    if _is_ip(text):
        return ""
    if _range(text):
        return "is a network or a range, not one address"
    return _host_name_problem(text)


def _host_name_problem(text: str) -> str:
    if not text.isascii():
        return "has letters outside ASCII; write the xn-- form"
    labels = text.rstrip(".").split(".")
    if labels[-1].isdigit() or ":" in text:
        return "is neither an IPv4 nor an IPv6 address"
    named = len(text) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    return "" if named else "is neither an address nor a host name"


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _range(text: str) -> bool:
    return bool(re.fullmatch(r"[\dA-Fa-f.:]+/\d+|[\d.]+-[\d.]+|[\d.*]*\*[\d.*]*", text))


def network_problem(text: str) -> str:
    """Return why a text is neither an address nor a network in CIDR form, or an empty string."""
    try:
        network: IPv4Interface | IPv6Interface = ip_interface(text)
    except ValueError:
        return "is not a network such as 192.0.2.0/24 or 2001:db8::/32"
    if "/" in text and network.ip != network.network.network_address:
        return f"has bits set beyond its mask; write {network.network}"
    return ""


def name_problem(text: str) -> str:
    """Return why a text cannot name an asset, or an empty string."""
    if not text.strip():
        return "is empty"
    if len(text) > 253:
        return "is longer than 253 characters"
    if text != text.strip() or not text.isprintable():
        return "has spaces at an end, or characters that do not print"
    return ""


def identity(kind: str, value: str) -> str | None:
    """Return `kind:value` in the form in which equal identities are equal texts, or None when it identifies nothing.

    Placeholders of firmware ("To be filled by O.E.M.") identify nothing, nor do numbers that a spreadsheet rounded.
    """
    text = value.strip()
    if kind == "host-key":  # base64: case matters
        return f"{kind}:{text}" if text else None
    if _placeholder(text):
        return None
    match kind:
        case "serial":
            return f"serial:{' '.join(text.upper().split())}" if len(text) >= 4 else None
        case "imei" | "meid":
            return _numbered(kind, text)
        case "engine-id" | "mac":
            return _hex(kind, text)
        case _:
            return f"{kind}:{text.lower()}"


def _placeholder(text: str) -> bool:
    word = squeezed(text)
    return not word or len(set(word)) == 1 or word in _PLACEHOLDERS or rounded(text)


def rounded(text: str) -> bool:
    """Whether a spreadsheet turned a long number into one such as 3.56938E+14."""
    return bool(_SPREADSHEET.fullmatch(text.strip()))


def _numbered(kind: str, text: str) -> str | None:
    number = re.sub(r"[\s/-]", "", text).upper()
    return f"{kind}:{number}" if re.fullmatch(r"[0-9A-F]{14,18}", number) else None


def _hex(kind: str, text: str) -> str | None:
    digits = re.sub(r"[\s:.-]", "", text.lower().removeprefix("0x"))
    if not re.fullmatch(r"[0-9a-f]{10,64}", digits) or (kind == "mac" and len(digits) != 12):
        return None
    if kind == "mac":
        return "mac:" + ":".join(digits[at : at + 2] for at in range(0, 12, 2))
    return f"{kind}:{digits}"
