"""All scenarios there are."""

from typing import Final

from tests.system import (
    scenarios_accounts,
    scenarios_hardening,
    scenarios_machine,
    scenarios_records,
    scenarios_spellings,
    scenarios_ssh,
    scenarios_system,
    scenarios_upkeep,
)
from tests.system.scenario import Scenario

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *scenarios_ssh.SCENARIOS,
    *scenarios_accounts.SCENARIOS,
    *scenarios_system.SCENARIOS,
    *scenarios_hardening.SCENARIOS,
    *scenarios_machine.SCENARIOS,
    *scenarios_records.SCENARIOS,
    *scenarios_upkeep.SCENARIOS,
    *scenarios_spellings.SCENARIOS,
)
