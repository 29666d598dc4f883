"""Patterns that detect personally identifiable information (PII), one for each documented type.

Numbers with a check digit must pass the check. A value that looks like any other number or word
(a PIN, an age, a user name) is only detected after a word that names it, a name or an address only
in its usual context.

Assumption: patterns. The service uses a model and detects more.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class PiiType:
    """A pattern and an optional check that detect the values of a type.

    If the pattern has a group, the group is the value and the rest is its context.
    """

    pattern: str
    check: Check | None = None


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The position of a value in a text, from `start` to before `end`."""

    start: int
    end: int


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char in "0123456789"]


def is_luhn_number(text: str) -> bool:
    """Return whether the digits of `text` end with their Luhn check digit."""
    total = 0
    for index, digit in enumerate(reversed(_digits(text))):
        double = digit * 2 if index % 2 else digit
        total += double - 9 if double > 9 else double
    return total % 10 == 0


def _is_card_number(text: str) -> bool:
    return 13 <= len(_digits(text)) <= 19 and is_luhn_number(text)


def is_iban(text: str) -> bool:
    """Return whether the check digits of an IBAN are correct. Source: ISO 7064, MOD 97-10."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    rearranged = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in rearranged)) % 97 == 1


def is_routing_number(text: str) -> bool:
    """Return whether nine digits have the checksum of a US routing number (weights 3, 7, 1)."""
    digits = _digits(text)
    return sum(w * d for w, d in zip((3, 7, 1) * 3, digits, strict=True)) % 10 == 0


def is_nhs_number(text: str) -> bool:
    """Return whether ten digits end with the check digit of an NHS number (modulo 11)."""
    digits = _digits(text)
    check = 11 - sum((10 - index) * digit for index, digit in enumerate(digits[:9])) % 11
    return check != 10 and check % 11 == digits[9]


def is_ip_address(text: str) -> bool:
    """Return whether `text` is an IP address of version 4 or 6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _has_digit_and_letter(text: str) -> bool:
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)


def _after_words(words: str, value: str) -> str:
    """Return a pattern for a value that follows the words that name it."""
    between = r"(?:[\s#:=]{0,4}(?i:\b(?:is|no|number|code)\b)){0,2}[\s.#:=]{0,4}"
    return rf"(?i:\b(?:{words})\b){between}({value})"


_STREET = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|"
    "Sq|Terrace|Parkway|Pkwy|Highway|Hwy"
)
_CAPITAL = r"[A-Z][\w'’-]+"

# The types are in the order of the service model, the formats those that the issuers publish.
PII_TYPES: dict[str, PiiType] = {
    "ADDRESS": PiiType(
        rf"\b\d{{1,6}}[A-Za-z]?\s(?:{_CAPITAL}\s){{1,4}}(?:{_STREET})\b\.?"
        rf"(?:,?\s(?:Apt|Suite|Unit)\.?\s?\w+)?"
        rf"(?:,\s{_CAPITAL}(?:\s{_CAPITAL})*)?(?:,?\s[A-Z]{{2}}\s\d{{5}}(?:-\d{{4}})?)?"
    ),
    "AGE": PiiType(
        r"(?i)\b(\d{1,3})(?=[\s-]years?[\s-]old\b)|\b(?:aged?|i am|i'm)[\s:]+(\d{1,3})\b(?!\s*%)"
    ),
    "AWS_ACCESS_KEY": PiiType(r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{16}\b"),
    "AWS_SECRET_KEY": PiiType(
        r"(?i:\b(?:secret|aws)[\w\s-]{0,20}key\b)[\"'\s:=is]*(?<![A-Za-z0-9/+=])"
        r"([A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])"
    ),
    "CA_HEALTH_NUMBER": PiiType(
        _after_words(
            "health(?: card| insurance)?|OHIP", r"\d{4}[ -]?\d{3}[ -]?\d{3}(?: ?[A-Z]{2})?\b"
        )
    ),
    "CA_SOCIAL_INSURANCE_NUMBER": PiiType(r"\b\d{3}[ -]\d{3}[ -]\d{3}\b", is_luhn_number),
    "CREDIT_DEBIT_CARD_CVV": PiiType(
        _after_words("cvv2?|cvc2?|security code|card code", r"\d{3,4}\b")
    ),
    "CREDIT_DEBIT_CARD_EXPIRY": PiiType(
        r"(?i)\b(?:exp(?:iry|ires|iration)?(?:\sdate)?|valid\s(?:thru|until))\.?[\s:=is]*"
        r"((?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d{2})\b"
    ),
    "CREDIT_DEBIT_CARD_NUMBER": PiiType(r"\b(?:\d[ -]?){12,18}\d\b", _is_card_number),
    "DRIVER_ID": PiiType(
        _after_words(
            r"driver'?s?[\s']*(?:licen[cs]e|id)|DL",
            r"(?=[A-Z0-9-]*\d)[A-Z0-9](?:[A-Z0-9-]{4,18})\b",
        )
    ),
    "EMAIL": PiiType(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}\b"),
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": PiiType(
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", is_iban
    ),
    "IP_ADDRESS": PiiType(
        r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"
        r"|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]))",
        is_ip_address,
    ),
    "LICENSE_PLATE": PiiType(
        _after_words(
            "licen[cs]e plate|number plate|plate|registration",
            r"(?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}\b",
        )
    ),
    "MAC_ADDRESS": PiiType(
        r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"
    ),
    "NAME": PiiType(
        rf"(?:\b(?:[Mm]y name is|I am called|[Ss]igned by)\s|\b(?:Mr|Mrs|Ms|Dr|Prof)\.?\s)"
        rf"({_CAPITAL}(?:\s{_CAPITAL}){{0,3}})"
    ),
    "PASSWORD": PiiType(
        r"(?i:\b(?:password|passwd|pwd|passphrase)\b)(?i:\s+is\b)?[\s:=]{0,4}(\S{4,})"
    ),
    "PHONE": PiiType(
        r"(?<![\w.+-])(?:\+\d{1,3}[ .-]?|1[ .-])?"
        r"(?:\(\d{2,4}\)[ .-]?|\d{2,4}[ .-])\d{3,4}[ .-]?\d{3,4}"
        r"(?![\w-])|(?<![\w+])\+\d{8,15}\b|"
        + _after_words("phone|telephone|tel|mobile|cell|call(?: me)?(?: at| on)?", r"\d{7,15}\b")
    ),
    "PIN": PiiType(_after_words("pin", r"\d{4,6}\b")),
    "SWIFT_CODE": PiiType(
        _after_words("swift|bic", r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b")
    ),
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER": PiiType(r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b", is_nhs_number),
    "UK_NATIONAL_INSURANCE_NUMBER": PiiType(
        r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
        r" ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
    ),
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER": PiiType(
        _after_words(r"utr|unique taxpayer reference|taxpayer reference", r"\d{5} ?\d{5}K?\b")
    ),
    "URL": PiiType(
        r"\b(?:https?|ftp)://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]|\bwww\.[^\s<>\"']+\.[a-z]{2,}\b"
    ),
    "USERNAME": PiiType(
        r"(?i:\b(?:user ?name|user ?id|login)\b)(?i:\s+is\b)?[\s:=]{0,4}([\w.@-]{3,})"
    ),
    "US_BANK_ACCOUNT_NUMBER": PiiType(_after_words("(?:bank )?account|acct", r"\d{8,17}\b")),
    "US_BANK_ROUTING_NUMBER": PiiType(
        _after_words("(?:bank )?routing|aba|rtn", r"\d{9}\b"), is_routing_number
    ),
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": PiiType(
        r"\b9\d{2}[ -]?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[ -]?\d{4}\b"
    ),
    "US_PASSPORT_NUMBER": PiiType(_after_words("passport", r"[A-Z]?\d{8,9}\b")),
    "US_SOCIAL_SECURITY_NUMBER": PiiType(
        r"\b(?!000|666|9\d\d)\d{3}(?:-(?!00)\d{2}-| (?!00)\d{2} )(?!0000)\d{4}\b|"
        + _after_words("ssn|social security", r"(?!000|666|9\d\d)\d{9}\b")
    ),
    "VEHICLE_IDENTIFICATION_NUMBER": PiiType(r"\b[A-HJ-NPR-Z0-9]{17}\b", _has_digit_and_letter),
}
_WITHOUT_VALUE_GROUP = "MAC_ADDRESS"  # The group of its pattern is the separator.


def has_check(kind: str) -> bool:
    """Return whether the values of a type are checked by more than a pattern."""
    return PII_TYPES[kind].check is not None


@lru_cache(maxsize=64)
def _compiled(kind: str) -> re.Pattern[str]:
    return re.compile(PII_TYPES[kind].pattern)


def find_spans(kind: str, text: str) -> Iterator[Span]:
    """Yield the positions of the values of a type in `text`, in ascending order."""
    check = PII_TYPES[kind].check
    for match in _compiled(kind).finditer(text):
        group = 0 if kind == _WITHOUT_VALUE_GROUP else match.lastindex or 0
        start, end = match.span(group)
        if check is None or check(text[start:end]):
            yield Span(start, end)
