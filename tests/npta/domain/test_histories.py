"""What holds after every step of any history of orders, imports, releases, clears and catalogue changes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings

from npta.domain.catalogue.availability import available
from npta.domain.orders.backorders import backorders, stored_order
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.fulfillment import Outcome, redecide
from npta.domain.state.entitlements import Pool
from npta.domain.state.fingerprint import fingerprint
from npta.domain.state.order_record import Status
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.stock.inventory import key_inventory
from npta.tables import Fulfillment, ImportHistory, KeyEvent, KeyLedger
from tests.npta.domain.histories import Did, Placed, histories, is_filled, start, take
from tests.npta.domain.world import AT, LIVE, World


def ledger_of(world: World) -> dict[str, Counter[str]]:
    """Seats, used and quarantined by key, counted naively from the ledger's rows."""
    sums: dict[str, Counter[str]] = {}
    for row in world.history:
        if isinstance(row, ImportHistory):
            sums[row.key_id] = Counter(seats=row.seats)
        elif isinstance(row, KeyLedger):
            count = sums[row.key_id]
            match row.event:
                case KeyEvent.ASSIGNED:
                    count["used"] += row.seats
                case KeyEvent.RELEASED:
                    count["used"] -= row.seats
                case KeyEvent.RETIRED:
                    count["quarantined"] += row.seats
                    count["retired"] |= not row.order_id
                case KeyEvent.ADJUSTED:
                    count["seats"] = row.seats
            if count["retired"]:
                count["quarantined"] = count["seats"] - count["used"]
    return sums


def no_seat_is_used_twice(world: World) -> None:
    for key_id, count in ledger_of(world).items():
        key = world.state.keys[key_id]
        assert (key.seats, key.used, key.quarantined) == (count["seats"], count["used"], count["quarantined"])
        assert 0 <= key.used <= key.seats - key.quarantined, f"{key} is overdrawn"
        held = sum(each.seats for line in world.state.holdings.values() for each in line if each.key_id == key_id)
        assert held == key.used, "every used seat is held by an order"


def pools_are_the_sums_of_their_keys(world: World) -> None:
    for row in key_inventory(world.state):
        where = Pool(row.region, row.provider, row.product_code, row.component)
        keys = [key for key in world.state.keys.values() if key.pool == where]
        assert row.total == sum(key.seats for key in keys)
        assert row.used == sum(key.used for key in keys)
        assert row.total == row.used + row.available + row.quarantined
        line = list(world.state.queue(where))
        assert [key for key in keys if key.free] == [key for key in line if key.free], "the queue hides no free seat"
        assert [key.position for key in keys] == list(range(len(keys)))


def an_order_holds_what_it_is_owed_or_nothing(world: World) -> None:
    for order_id, record in world.state.orders.items():
        held: Counter[tuple[str, str]] = Counter()
        for each in world.state.holdings.get(order_id, ()):
            held[each.line_item_id, each.entitlement] += each.seats
        owed: Counter[tuple[str, str]] = Counter()
        filled = record.filled_receipt
        for due in filled.owed if filled else ():
            owed[due.line_item_id, str(due.entitlement)] += due.seats
        assert held == owed
        if record.status is Status.FULFILLED:
            assert owed


def debts_are_what_failed_orders_lack(world: World) -> None:
    debts: Counter[Pool] = Counter()
    for order_id, record in world.state.orders.items():
        if record.status is Status.FAILED:
            need = record.receipt.needs()
            for held in world.state.holdings.get(order_id, ()):
                need[world.state.keys[held.key_id].pool] -= held.seats
            debts += need
    assert {where: seats for where, seats in world.state.debts.items() if seats} == debts
    assert {record.order_id for record in world.state.waiting_orders()} == {
        order_id for order_id, record in world.state.orders.items() if record.status is Status.FAILED
    }


def all_that_are_said_to_be_ready_can_be_served_together(world: World) -> None:
    tried = World(state=world.state.fork())
    for each in list(backorders(world.state, LIVE)):
        if each.ready:
            outcome = redecide(tried.state, stored_order(each.record), LIVE, stamp=Stamp(AT, "c"))
            assert outcome.status in (Status.FULFILLED, Status.SKIPPED)
            tried.facts(*outcome.facts)
        else:
            assert each.problems, "who is not ready is told why"


def products_are_as_available_as_rule_13_says(world: World) -> None:
    free = dict.fromkeys(world.state.pools, 0)
    for key in world.state.keys.values():
        free[key.pool] += key.free
    for product in world.state.products.values():
        if product and product.fulfillment is Fulfillment.AUTO:
            times = Counter(each.pool("CANADA") for each in product.entitlements)
            rest = {where: free.get(where, 0) - world.state.debts.get(where, 0) for where in times}
            by_hand = max(0, min(rest[where] // count for where, count in times.items()))
            assert available(product, world.state, "CANADA") == by_hand


def nothing_is_taken_but_first_in_first_out(before: State, world: World, outcome: Outcome, mode: Mode) -> None:
    taken = [fact for fact in outcome.facts if isinstance(fact, KeyLedger)]
    assert not taken or (outcome.status is Status.FULFILLED and mode is not Mode.OFF)
    for fact in taken:
        key = world.state.keys[fact.key_id]
        older = [each for each in world.state.keys.values() if each.pool == key.pool and each.position < key.position]
        assert not any(each.free for each in older), f"{key} was used although an older one has a free seat"
        assert fact.seats <= before.keys[fact.key_id].free
        assert not key.retired, f"{key} is retired"


def given_other_keys(before: State, world: World, step: Placed | Did) -> set[str]:
    """Orders that lost keys without a Release: by Retire Key only, and retired keys only."""
    renewed = set()
    for order_id, held in before.holdings.items():
        now = world.state.holdings[order_id]
        if world.state.orders[order_id].status is Status.RELEASED or now[: len(held)] == held:
            continue
        lost = {each.key_id for each in set(held) - set(now)}
        assert isinstance(step, Did), "an order changes what it holds by a person's hand only"
        assert lost, "what is added comes last"
        assert all(world.state.keys[key_id].retired for key_id in lost), "only what is dead is replaced"
        renewed.add(order_id)
    return renewed


@settings(max_examples=300, deadline=None)
@given(histories)
def test_the_invariants_hold_after_every_step(history: list[Placed | Did]) -> None:
    world = start()
    answers: dict[tuple[str, str], object] = {}
    for step in history:
        before = State()
        for row in world.history:
            before.apply(row)
        outcome = take(world, step)
        no_seat_is_used_twice(world)
        pools_are_the_sums_of_their_keys(world)
        an_order_holds_what_it_is_owed_or_nothing(world)
        debts_are_what_failed_orders_lack(world)
        all_that_are_said_to_be_ready_can_be_served_together(world)
        products_are_as_available_as_rule_13_says(world)
        renewed = given_other_keys(before, world, step)
        answers = {asked: keys for asked, keys in answers.items() if asked[0] not in renewed}
        if isinstance(step, Placed):
            assert outcome
            nothing_is_taken_but_first_in_first_out(before, world, outcome, step.mode)
            asked = (step.order.order_id, fingerprint(step.order.lines))
            record = world.state.orders[step.order.order_id]
            if is_filled(outcome):
                keys = world.answer(step.order.order_id, outcome).keys
                assert answers.setdefault(asked, keys) == keys, "equal answers until Release"
                assert world.answer(step.order.order_id, outcome).success
            elif record.filled and asked[1] == record.filled_fingerprint:
                assert not asked, "a filled order is always answered with its keys"
            again = world.place(step.order, LIVE_AGAIN[step.mode])
            assert (again.status, again.replayed, again.facts) == (outcome.status, True, ()), "a repeat costs nothing"
        for order_id, record in world.state.orders.items():
            if record.status is Status.RELEASED:
                answers = {asked: keys for asked, keys in answers.items() if asked[0] != order_id}


LIVE_AGAIN = {mode: World().rules._replace(mode=mode) for mode in Mode}
