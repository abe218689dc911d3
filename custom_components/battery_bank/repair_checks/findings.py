"""What a person has to set right: the kinds of repairs, and one that was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.helpers import issue_registry as ir

type Data = dict[str, str | int | float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How an issue of one kind is shown."""

    severity: ir.IssueSeverity
    fixable: bool = False  # whether Home Assistant offers a dialogue for it
    of_line: bool = True  # whether it can't be checked while the line is down
    stays: bool = False  # after a restart, until a person confirms it


WARNING: Final = Kind(severity=ir.IssueSeverity.WARNING)
KINDS: Final[Mapping[str, Kind]] = {
    "adapter_echoes": WARNING,
    "baseline_missing": Kind(severity=ir.IssueSeverity.WARNING, fixable=True, of_line=False),
    "batteries_exchanged": Kind(severity=ir.IssueSeverity.WARNING, fixable=True, of_line=False),
    "battery_count": Kind(severity=ir.IssueSeverity.WARNING, fixable=True),
    "capacity_test_due": Kind(severity=ir.IssueSeverity.WARNING, of_line=False),
    "cards_missing": Kind(severity=ir.IssueSeverity.WARNING, of_line=False),  # of no line: found when all are set up
    "battery_replaced": Kind(severity=ir.IssueSeverity.WARNING, fixable=True, of_line=False),
    "current_reversed": Kind(severity=ir.IssueSeverity.ERROR, fixable=True),
    "implausible_clock": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False),
    "implausible_sensor": WARNING,
    "journal_backlog": Kind(severity=ir.IssueSeverity.WARNING, of_line=False),
    "journal_doubled": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),
    "journal_missing": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False, stays=True),
    "journal_rewritten": Kind(severity=ir.IssueSeverity.WARNING, fixable=True, of_line=False, stays=True),
    "journal_rows": Kind(severity=ir.IssueSeverity.WARNING, of_line=False),
    "journal_set_aside": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False, stays=True),
    "journal_unusable": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),
    "link_in_use": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False),
    "modbus_server_failed": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),  # of no line: found when it starts
    "snmp_agent_failed": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),
    "module_silent": Kind(severity=ir.IssueSeverity.WARNING, fixable=True),
    "other_module": WARNING,
    "other_profile": Kind(severity=ir.IssueSeverity.ERROR, fixable=True),
    "room_sensor": WARNING,
    "second_master": WARNING,
    "settings_unreadable": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),
    "string_silent": Kind(severity=ir.IssueSeverity.ERROR),
    "tests_overdue": Kind(severity=ir.IssueSeverity.WARNING, of_line=False),
    "two_modules": Kind(severity=ir.IssueSeverity.ERROR),
    "yaml_hub": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that a person has to set right."""

    key: str  # one of KINDS
    subject: str  # the id of a line, string or battery
    texts: Mapping[str, str] | None  # for its text; None: can't be checked now, so an issue stays as it is
    data: Data = field(default_factory=dict)  # for the dialogue that sets it right

    @property
    def id(self) -> str:
        """The id of the issue: the same for the same finding of the same subject."""
        return f"{self.key}_{self.subject}"
