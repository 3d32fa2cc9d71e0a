"""Templates become HTML. What assets said is text in it, whatever it holds: escaped, and made visible."""

import traceback
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from auditor.errors import ContentError, Place
from auditor.reports.visible import visible

# What a mistake in a template may raise while it is rendered, besides Jinja's own errors.
_MISTAKES: Final = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)


def render(name: str, folders: Sequence[Path], values: Mapping[str, object]) -> str:
    """Return a template's HTML; the first folder that has a file of that name wins. Raises ContentError."""
    environment = _environment(folders)
    try:
        return environment.get_template(name).render(values)
    except TemplateNotFound as error:
        raise ContentError(Place(f"reports/{error.name}"), "there is no such template") from error
    except TemplateSyntaxError as error:
        raise ContentError(Place(error.filename or name, error.lineno), f"is no template: {error.message}") from error
    except _MISTAKES as error:
        if (place := _place(error, folders)) is None:
            raise
        raise ContentError(place, f"cannot be rendered: {error}", "reports/README.md says what there is.") from error


def _environment(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": _day,
        "minute": _minute,
        "money": _money,
        "hours": _hours,
        "count": _count,
        "prose": _prose,
    }
    return environment


def _finalize(value: object) -> object:
    """Return what a `{{ }}` shows: every text made visible, unless a macro of the template made it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _place(error: BaseException, folders: Sequence[Path]) -> Place | None:
    """Return the line of the template that an error comes from, or None when it comes from elsewhere."""
    roots = tuple(str(folder) for folder in folders)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(roots)]
    return Place(frames[-1].filename, frames[-1].lineno or 0) if frames else None


def _day(at: date | None) -> str:
    return at.strftime("%Y-%m-%d") if at else "never"


def _minute(at: datetime | None) -> str:
    """Return a time to the minute, in the zone that it carries."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip() if at else "not known"


def _money(amount: float) -> str:
    return f"{amount:,.0f}"


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}"


def _count(number: int, one: str, many: str = "") -> str:
    """Return a number and its noun: `1 asset`, `2 assets`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _prose(text: str) -> str:
    """Return what a person wrote over several lines as one."""
    return " ".join(text.split())
