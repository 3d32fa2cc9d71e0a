"""Find the settings with which a check passes on what was seen: the strictest that the seen allows. Pure.

A check says what it demands by its verdicts alone, so they are asked: a number is moved until the verdict turns, and a
set is taken item by item. Where a check fails, its violations name what was found.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Final, Literal, cast, get_args, get_origin

from pydantic import ValidationError

from auditor.facts.ambient import Lifecycles, Today
from auditor.model.check import Check, Setting, Value
from auditor.model.result import Result, Verdict
from auditor.policy.settings import settings_model

Chosen = Mapping[str, object]
Try = Callable[[Chosen], Result]

_FAR: Final = (0, 100_000, 2**31 - 1)  # numbers that ask for nothing, or for everything
_NOTHING: Final = "-"  # an item that no host has
_MOST_TRIES: Final = 3000
_MOST_ITEMS: Final = 200
_WORD: Final = re.compile(r"[^\s,;()]+")
_NUMBER: Final = re.compile(r"\d{1,9}")
_CLOCKS: Final = (Today, Lifecycles)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The settings that are known to fit, and what becomes of the check with them.

    `laxer` are those that ask less than the check's own default, or than what is compared with.
    """

    settings: Chosen
    laxer: frozenset[str]
    result: Result


def fit(check: Check, try_: Try, start: Chosen) -> Fitted:
    """Return the settings that fit, beginning with `start`, which those that are laxer are compared with too."""
    fitter = _Fitter(check, try_)
    first = try_(start)
    chosen = fitter.loosened(start, first) if first.verdict is Verdict.FAIL else dict(start)
    if chosen is None or not fitter.passes(chosen):
        return Fitted({}, frozenset(), first)
    chosen = fitter.tightened(chosen, {name for name in chosen if chosen[name] != start.get(name)})
    laxer = {name for name in chosen if fitter.is_laxer(chosen, name, start)}
    return Fitted(chosen, frozenset(laxer), try_(chosen))


@dataclass(frozen=True)
class _Fitter:
    check: Check
    try_: Try

    def passes(self, chosen: Chosen) -> bool:
        """Whether the check passes with these settings."""
        return self.try_(chosen).verdict is Verdict.PASS

    def fails(self, chosen: Chosen) -> bool:
        """Whether it fails; with wrong settings it does neither."""
        return self.try_(chosen).verdict is Verdict.FAIL

    def is_laxer(self, chosen: Chosen, name: str, start: Chosen) -> bool:
        """Whether a setting asks less than the check's default, or than `start` where that sets it."""
        default = self.check.settings[name].default
        known = [default] if default not in ("", frozenset()) or name not in start else []
        known += [start[name]] if name in start else []
        others = [value for value in known if value != chosen[name] and value != ""]
        return any(not self.passes({**chosen, name: value}) for value in others)

    def loosened(self, start: Chosen, first: Result) -> dict[str, object] | None:
        """Return settings with which the check passes, as few of them changed as can be; None where there are none."""
        names = list(self.check.settings)
        lax = {name: list(self._lax(self.check.settings[name], start, first)) for name in names}
        tries = (
            {**start, **dict(zip(changed, values, strict=True))}
            for number in range(1, len(names) + 1)
            for changed in combinations(names, number)
            for values in product(*(lax[name] for name in changed))
        )
        found = next((one for one in islice(tries, _MOST_TRIES) if self.passes(one)), None)
        if found is None:
            return None
        for name in [name for name in names if name in found and found[name] != self._value(name, start)]:
            found = self._nearer(found, name, self._value(name, start))
        return found

    def tightened(self, chosen: Chosen, kept: set[str]) -> dict[str, object]:
        """Return settings as strict as what was seen allows; `kept` are as strict already."""
        now = dict(chosen)
        for name, setting in self.check.settings.items():
            if name not in kept and (seen := self._seen(now, setting)) is not None:
                now[name] = seen
        return now

    def _seen(self, now: Chosen, setting: Setting) -> object:
        """Return the strictest value of one setting with which the check still passes, or None where none is told."""
        annotation, value = setting.annotation, self._value(setting.name, now)
        if annotation is int and not any(clock in self.check.needs.values() for clock in _CLOCKS):
            return self._seen_number(now, setting.name, cast("int", value))
        if get_origin(annotation) is frozenset:
            return self._seen_items(now, setting, cast("frozenset[object]", value))
        if get_origin(annotation) is Literal:
            return self._seen_option(now, setting)
        return None

    def _seen_number(self, now: Chosen, name: str, value: int) -> int | None:
        ends = [end for end in (_FAR[0], _FAR[-1], _FAR[1]) if self.fails({**now, name: end})]
        low, high = [end for end in ends if end < value], [end for end in ends if end > value]
        if bool(low) is bool(high):
            return None
        return self._turn(now, name, fails=(low or high)[0], passes=value)

    def _seen_items(self, now: Chosen, setting: Setting, value: frozenset[object]) -> frozenset[object] | None:
        name = setting.name
        if value:
            return self._fewest(now, name, value) if self.fails({**now, name: frozenset()}) else None
        without = self._valid(setting, frozenset({_NOTHING}))
        if without is None or not self.fails({**now, name: without}):
            return None
        found = self._items(setting, self.try_({**now, name: without}))
        fits = found and self.passes({**now, name: found})
        return self._fewest(now, name, found) if fits else None

    def _seen_option(self, now: Chosen, setting: Setting) -> object:
        """Return the option that a violation names as found, where the check passes with it."""
        options = get_args(setting.annotation)
        results = [self.try_({**now, setting.name: option}) for option in options]
        words = {word for one in results if one.verdict is Verdict.FAIL for word in _words(one)}
        named = (option for option in options if option in words and self.passes({**now, setting.name: option}))
        return next(named, None)

    def _lax(self, setting: Setting, start: Chosen, first: Result) -> Iterator[object]:
        """Yield values of one setting that may ask less, the nearest first."""
        annotation, value = setting.annotation, self._value(setting.name, start)
        if annotation is bool:
            yield not value
        elif annotation is int:
            near = sorted(set(_numbers(first)), key=lambda number: abs(number - cast("int", value)))
            yield from (number for number in (*near[:5], *_FAR) if number != value)
        elif get_origin(annotation) is Literal:
            yield from (option for option in get_args(annotation) if option != value)
        elif get_origin(annotation) is frozenset:
            yield self._items(setting, first) | cast("frozenset[object]", value)
            yield frozenset()
        elif annotation is str:
            yield from sorted(_words(first), key=str)[:5]

    def _nearer(self, found: dict[str, object], name: str, start: object) -> dict[str, object]:
        """Return settings of which one is as near to where it began as it may be."""
        value = found[name]
        if self.passes({**found, name: start}):
            return {**found, name: start}
        if self.check.settings[name].annotation is int:
            turned = self._turn(found, name, fails=cast("int", start), passes=cast("int", value))
            return {**found, name: turned}
        if isinstance(value, frozenset):
            return {**found, name: self._nearer_items(found, name, value, cast("frozenset[object]", start))}
        return found

    def _nearer_items(
        self, now: Chosen, name: str, items: frozenset[object], start: frozenset[object]
    ) -> frozenset[object]:
        """Return the items with which it began, and only what is needed more, or without only what has to go.

        What is allowed from the beginning stays so: a peer that is stricter is no worse.
        """
        for item in sorted(items - start, key=str):
            items = items - {item} if self.passes({**now, name: items - {item}}) else items
        for item in sorted(start - items, key=str):
            items = items | {item} if self.passes({**now, name: items | {item}}) else items
        return items

    def _turn(self, now: Chosen, name: str, *, fails: int, passes: int) -> int:
        """Return the last number that passes on the way to one that fails."""
        while abs(fails - passes) > 1:
            middle = (fails + passes) // 2
            if self.passes({**now, name: middle}):
                passes = middle
            else:
                fails = middle
        return passes

    def _fewest(self, now: Chosen, name: str, items: frozenset[object]) -> frozenset[object]:
        """Return the items without those that the check passes without, but for one: none at all may mean any."""
        for item in sorted(items, key=str):
            if len(items) > 1 and self.passes({**now, name: items - {item}}):
                items -= {item}
        return items

    def _items(self, setting: Setting, result: Result) -> frozenset[object]:
        """Return what violations name that can be an item of a setting."""
        named = islice(_named(result), _MOST_ITEMS)
        valid = (self._valid(setting, frozenset({item})) for item in named)
        return frozenset(item for items in valid if items for item in cast("frozenset[object]", items))

    def _valid(self, setting: Setting, value: object) -> object:
        """Return a value as a policy would set it, or None where no policy may."""
        try:
            return getattr(settings_model(self.check).model_validate({setting.name: value}), setting.name)
        except ValidationError:
            return None

    def _value(self, name: str, chosen: Chosen) -> object:
        return chosen.get(name, self.check.settings[name].default)


def _named(result: Result) -> Iterator[object]:
    """Yield whatever violations name, most likely items first: what was found, where, and words and numbers in both."""
    seen: dict[object, None] = {}
    for violation in result.violations:
        found = list(_flat(violation.found))
        pairs = [f"{violation.subject}:{one}" for one in found]
        texts = [str(one) for one in (*found, violation.subject)]
        words = [word for text in texts for word in _WORD.findall(text)]
        numbers = [int(number) for text in texts for number in _NUMBER.findall(text)]
        seen.update(dict.fromkeys([*found, violation.subject, *pairs, *words, *numbers]))
    yield from seen


def _flat(value: Value) -> Iterator[Value]:
    if isinstance(value, tuple | frozenset):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


def _words(result: Result) -> set[object]:
    return {name for name in _named(result) if isinstance(name, str)}


def _numbers(result: Result) -> Sequence[int]:
    return [name for name in _named(result) if isinstance(name, int) and not isinstance(name, bool)]
