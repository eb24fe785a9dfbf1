"""Dealers of a simulated week: who has an account, whose technicians call from which numbers, what they bought."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.simulation.house import House
from tests.simulation.traffic import CALLERS, NAMES, PINS
from triage.policy.dealer_files import Kind
from triage.services.dealer_files import import_file

KINDS, AMOUNTS = ("hardware", "licence", "prepaid", "other"), (125, 990, 2000, 7500)


def add_dealers(house: House, first: date, chance: Random) -> None:
    """Three dealers; half of all callers are technicians of theirs."""
    numbers = iter(CALLERS)
    dealers = ["code,name,email,joined_on,has_account,left_on"]
    technicians = ["dealer,name,phones,pin,left_on"]
    purchases = ["dealer,date,amount,kind,reference"]
    for code in PINS:
        joined = first - timedelta(days=chance.choice((3, 100, 500)))
        dealers.append(f"{code},{code.title()} Telephone,,{joined},{chance.choice(('yes', 'yes', 'no'))},")
        pins = (PINS[code], *("",) * (len(NAMES) - 1))
        technicians += [f"{code},{name},{next(numbers)},{pin}," for name, pin in zip(NAMES, pins, strict=True)]
        bought = first - timedelta(days=chance.randint(0, 80))
        purchases.append(f"{code},{bought},{chance.choice((250, 3000, 20000))}.00,hardware,PO-{code}")
        if chance.random() < 0.5:
            purchases.append(f"{code},{first},{chance.choice((125, 1000))}.00,prepaid,PP-{code}")
    files: dict[Kind, list[str]] = {"dealers": dealers, "technicians": technicians, "purchases": purchases}
    for kind, lines in files.items():
        content = "\n".join((*lines, "")).encode()
        taken = import_file(house.program.desk, kind, content, is_dry_run=False, actor="system", now=house.now)
        if taken.faults:
            raise ValueError(f"the simulated {kind} are not taken: {taken.faults}")


def buy(house: House, day: date, reference: str, chance: Random) -> None:
    """One of them buys hardware, a licence, prepaid hours or something that earns nothing."""
    kind, amount = chance.choice(KINDS), chance.choice(AMOUNTS)
    line = f"{chance.choice(sorted(PINS))},{day},{amount}.00,{kind},{reference}"
    content = f"dealer,date,amount,kind,reference\n{line}\n".encode()
    taken = import_file(house.program.desk, "purchases", content, is_dry_run=False, actor="system", now=house.now)
    if taken.faults:
        raise ValueError(f"a simulated purchase is not taken: {taken.faults}")
