"""The columns of tables and classes: of which type each is, and what a value of that type looks like.

A record keeps every value as text in one form, so that what is the same is equal: 8192, "8192" and "8192.0" are
one integer. Whoever takes values in (the engine, setups, conditions, REST) has the column read them first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache

from simulator.cmdb.records import Record, Value
from simulator.cmdb.text import fold
from simulator.protocol.envelope import derive_id

LONGEST = 255
"""How many characters a text has at most whose column does not say it."""


class Type(Enum):
    """The types of columns, by their names in `sys_dictionary.internal_type`."""

    STRING = "string"
    INTEGER = "integer"
    LONG = "longint"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    GUID = "GUID"
    DATE = "glide_date"
    DATE_TIME = "glide_date_time"
    REFERENCE = "reference"
    PASSWORD = "password"  # noqa: S105 - the name of a type
    """What nobody is ever shown."""


@dataclass(frozen=True, slots=True)
class Column:
    """A row of `sys_dictionary`, with its choices from `sys_choice`."""

    element: str
    type: Type = Type.STRING
    label: str = ""
    max_length: int = LONGEST
    mandatory: bool = False
    reference: str | None = None
    """The table that the value is a sys_id of."""
    display: bool = False
    """Whether it is by this that people know a record."""
    default: str | None = None
    """The value of a new record that says nothing of it."""
    label_by_choice: Mapping[str, str] = field(default_factory=dict)
    choice_by_text: Mapping[str, str] = field(default_factory=dict)
    """The choices by what people may write for them, folded: the value itself, and its label."""

    @staticmethod
    def from_row(row: Record, choices: Sequence[Record] = ()) -> Column:
        """Read a row of `sys_dictionary` and those of `sys_choice` that are about it."""
        plain = _plain_column(
            row["element"] or "",
            row.get("internal_type"),
            row.get("column_label"),
            row.get("max_length"),
            row.get("mandatory"),
            row.get("reference"),
            row.get("display"),
            row.get("default_value"),
        )
        if not choices:
            return plain
        active = [each for each in choices if each.get("inactive") != "true"]
        label_by_choice = {each["value"] or "": each.get("label") or each["value"] or "" for each in active}
        by_label = {fold(label): value for value, label in label_by_choice.items()}
        texts = {**by_label, **{fold(value): value for value in label_by_choice}}
        return replace(plain, label_by_choice=label_by_choice, choice_by_text=texts)

    def read(self, text: str) -> str | None:
        """The value in the one form in which records keep it; None for what is no value of the column.

        A choice may be given by its label; a text that is too long for its column is cut, as the product does.
        """
        if self.choice_by_text:
            chosen = self.choice_by_text.get(fold(text.strip()))
            if chosen is not None:
                return chosen
        return text[: self.max_length] if self.type is Type.STRING else _READERS[self.type](text.strip())

    def shown(self, value: str) -> str:
        """The value as people see it: the label of a choice."""
        return self.label_by_choice.get(value, value)

    @property
    def is_plain(self) -> bool:
        """Whether any text is a value, and kept as it is unless it is too long."""
        return self.type is Type.STRING and not self.choice_by_text

    @property
    def may_refer(self) -> bool:
        """Whether the sys_id of a record can be a value."""
        return self.is_plain or self.type in (Type.REFERENCE, Type.GUID)

    @property
    def expected(self) -> str:
        """What a value looks like, for whoever sent something else."""
        return _EXPECTED[self.type]


@lru_cache(maxsize=8192)
def _plain_column(
    element: str,
    type_: Value,
    label: Value,
    max_length: Value,
    mandatory: Value,
    reference: Value,
    display: Value,
    default: Value,
) -> Column:
    """A column without choices; most are those that every instance has, and read again with every look at them."""
    return Column(
        element=element,
        type=_TYPE_BY_NAME.get(type_ or "", Type.STRING),
        label=label or "",
        max_length=int(max_length or LONGEST),
        mandatory=mandatory == "true",
        reference=reference or None,
        display=display == "true",
        default=default,
    )


_TYPE_BY_NAME = {each.value: each for each in Type}

_EXPECTED = {
    Type.STRING: "a text",
    Type.INTEGER: "a whole number such as 8192",
    Type.LONG: "a whole number such as 8192",
    Type.DECIMAL: "a number such as 2.6",
    Type.BOOLEAN: "true or false",
    Type.DATE: "a date such as 2026-01-05",
    Type.DATE_TIME: "a time such as 2026-01-05 10:00:00 or 2026-01-05T10:00:00Z",
    Type.REFERENCE: "the sys_id of a record",
    Type.GUID: "a sys_id",
    Type.PASSWORD: "a text",
}

_MOST_DIGITS = 30
"""Of a number: more than any column holds, and few enough that 1e999999999 costs nothing."""

_TRUTHS = {"true": "true", "1": "true", "false": "false", "0": "false"}


def _read_decimal(text: str) -> str | None:
    number = _number(text)
    return None if number is None else _plain(number)


def _read_integer(text: str) -> str | None:
    """A whole number; what is behind the point is dropped."""
    if text.isascii() and text.isdigit() and text[0] != "0":  # nearly all of them
        return text if len(text) <= _MOST_DIGITS else None
    number = _number(text)
    return None if number is None else str(int(number))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or "_" in text:
        return None
    return number if abs(number.adjusted()) < _MOST_DIGITS and len(text) <= 2 * _MOST_DIGITS else None


def _plain(number: Decimal) -> str:
    """The number without an exponent, and without zeros that say nothing."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _read_boolean(text: str) -> str | None:
    return _TRUTHS.get(text.lower())


def _read_date_time(text: str) -> str | None:
    """A time in UTC; one without a time zone is in UTC already."""
    at = _moment(text)
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _read_date(text: str) -> str | None:
    at = _moment(text)
    return None if at is None else f"{at:%Y-%m-%d}"


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else at
    except (ValueError, OverflowError):
        return None
    return at if at.year >= 1000 else None  # four figures, so that times sort like their texts


def _read_sys_id(text: str) -> str | None:
    """A sys_id; whether there is such a record is for others to look up."""
    return text.lower() if len(text) == 32 and text.isalnum() else text


_HIDDEN = "\u2022"
"""What a password begins with as a record holds it."""


MASK = "********"
"""What people see of a password, whatever it is."""


def hidden(password: str) -> str:
    """A password as a record holds it: whoever looks at the record does not learn it."""
    return password if password.startswith(_HIDDEN) else _HIDDEN + derive_id("password", password)


_READERS: Mapping[Type, Callable[[str], str | None]] = {
    Type.INTEGER: _read_integer,
    Type.LONG: _read_integer,
    Type.DECIMAL: _read_decimal,
    Type.BOOLEAN: _read_boolean,
    Type.DATE: _read_date,
    Type.DATE_TIME: _read_date_time,
    Type.REFERENCE: _read_sys_id,
    Type.GUID: _read_sys_id,
    Type.PASSWORD: hidden,
}
