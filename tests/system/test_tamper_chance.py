"""Forgeries of stores and bundles by chance: each is found by Lookback and by the second verifier;
and untouched bundles, which neither ever accuses.

LOOKBACK_LONG=1 makes ten thousand forgeries and looks at a thousand untouched bundles, instead of two
hundred and twenty. A failure says its LOOKBACK_SEED, which repeats it.
"""
import os
import random

import pytest

import tamper_town
from tamper_random import forge_store, forged_bundle, only_words
from tamper_town import Town, Whole, both, day

LONG = os.environ.get("LOOKBACK_LONG", "0") == "1"
SEED = int(os.environ.get("LOOKBACK_SEED", random.SystemRandom().randrange(1 << 32)))
BATCHES = 4  # for as many workers
BUNDLES, STORES, UNTOUCHED = (8000, 2000, 1000) if LONG else (140, 60, 20)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tamper_town.shared(tmp_path_factory)


@pytest.fixture(scope="module")
def whole(made):
    return Whole(made)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_an_untouched_bundle_is_never_accused(made, batch):
    rng = random.Random(SEED + batch)
    with Town(made) as town:
        for _ in range(UNTOUCHED // BATCHES):
            task, first = rng.choice(["71", "91", "93"]), rng.randint(3, 90)
            span = day(town, first), day(town, rng.randint(0, first - 1))
            form = rng.choice([(), ("--public",)])
            data = town.export(task, *span, *form)
            for answer in both(data):
                assert not answer.refuted(), (SEED, task, span, form, answer)
                assert answer.states["unchanged"] == "proven", (SEED, task, span, form, answer)
                assert answer.states["verdict-recomputed"] == "proven", (SEED, task, span, form, answer)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_bundle_forged_by_chance_is_found_by_both(whole, batch):
    rng = random.Random(SEED * 7 + batch)
    for number in range(BUNDLES // BATCHES):
        data, words = forged_bundle(whole.data, rng, whole.key)
        if data == whole.data:
            continue
        answers = dict(zip(("lookback", "second"), both(data, whole)))
        if only_words(whole.data, data):
            del answers["second"]
        for name, answer in answers.items():
            assert answer.is_accused(), (f"LOOKBACK_SEED={SEED} batch {batch} number {number}", name,
                                         words, answer)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_store_forged_by_chance_is_found_by_both(made, batch):
    rng = random.Random(SEED * 11 + batch)
    for number in range(STORES // BATCHES):
        with Town(made) as town:
            words = forge_store(town, rng)
            where = f"LOOKBACK_SEED={SEED} batch {batch} number {number}: {words}"
            code, said = town.seals_verify()
            assert code == 1, (where, said)
            assert town.second_verify(), where
