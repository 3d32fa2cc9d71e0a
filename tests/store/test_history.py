"""What earlier audits were of, and when each asset last answered."""

from datetime import timedelta

from auditor.store.store import Store
from tests.make import NOW
from tests.store.given import plan, said, silent

LATER = NOW + timedelta(days=7)


def two_audits(store: Store) -> None:
    """Both hosts answer the first audit, one of them the second."""
    first = store.begin_audit(plan("web-01", "web-02", policy_version="1"), now=NOW)
    store.save_asset(first.id, said("web-01"), [], now=NOW)
    store.save_asset(first.id, said("web-02"), [], now=NOW)
    store.finish_audit(first.id, [], now=NOW)
    second = store.begin_audit(plan("web-01", "web-02", "web-03", policy_version="2"), now=LATER)
    store.save_asset(second.id, said("web-01"), [], now=LATER)
    store.save_asset(second.id, silent("web-02"), [], now=LATER)
    store.save_asset(second.id, silent("web-03"), [], now=LATER)
    store.finish_audit(second.id, [], now=LATER)


def test_an_earlier_audit_says_what_it_was_of(store: Store) -> None:
    """Its policy, its assets and how many of them answered: without these, numbers cannot be compared."""
    two_audits(store)

    shown = [(past.policy, past.assets, past.reached) for past in store.history()]

    assert shown == [
        ("baseline 1", frozenset({"web-01", "web-02"}), 2),
        ("baseline 2", frozenset({"web-01", "web-02", "web-03"}), 1),
    ]


def test_the_last_answer_of_each_asset(store: Store) -> None:
    """A silent audit does not count, nor a later one, and who never answered is not there."""
    two_audits(store)

    assert store.last_answers("1") == {"web-01": NOW, "web-02": NOW}
    assert store.last_answers("2") == {"web-01": LATER, "web-02": NOW}
