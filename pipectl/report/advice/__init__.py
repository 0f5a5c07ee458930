"""What was found and what to do: rules over the rows of the figures, each with how sure it is.

    rules.py      what a rule is, what it finds, and how sure that can be
    players.py    who comes back
    progress.py   first steps, levels, battles, guilds
    money.py      gold and real money
    pipeline.py   what could not be landed

A rule that has too little data says nothing, and the page says so. A rule that finds no difference says that,
for it is an answer too. No rule compares with what other games have: such numbers are hearsay.
"""

from collections.abc import Mapping

from pipectl.report.advice import money, pipeline, players, progress
from pipectl.report.advice.rules import Advice, Certainty, Finding, Rule
from pipectl.report.sums import Records

__all__ = ["RULES", "Advice", "Certainty", "Finding", "Rule", "advise"]

RULES = (*players.RULES, *progress.RULES, *money.RULES, *pipeline.RULES)


def advise(answers: Mapping[str, Records]) -> tuple[Advice, ...]:
    """Return what each rule says whose figures are there: what chance could explain comes last."""
    judged = [
        Advice(rule=rule, finding=rule.judge(*(answers[name] for name in rule.needs)))
        for rule in RULES
        if answers.keys() >= set(rule.needs)
    ]
    return tuple(sorted(judged, key=lambda advice: advice.certainty in (Certainty.OPEN, Certainty.UNKNOWN)))
