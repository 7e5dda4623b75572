"""A fault of the catalogue has a test: the table of a file against the tests there are."""
import os
import re

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def names_in(path):
    with open(path) as source:
        words = source.read()
    if path.endswith(".py"):
        return set(re.findall(r"^def (test_\w+)", words, re.M))
    run = words[words.index("int main(void)"):]
    return {name for name in re.findall(r"^static void\s+(\w+)\(void \*\*state\)", words, re.M)
            if re.search(rf"\b{name}\b", run)}


def path_of(file, own):
    """"test_x.py" stands beside the table or in tests/system, "ROOM/test_x.c" is a unit test."""
    if file.endswith(".c"):
        return os.path.join(TESTS, "unit", file)
    beside = os.path.join(os.path.dirname(own), file)
    return beside if os.path.exists(beside) else os.path.join(TESTS, "system", file)


def assert_covered(letter, count, table, own):
    """The table names each of LETTER1 to LETTERcount, and every test it names is there and run."""
    assert list(table) == [f"{letter}{number}" for number in range(1, count + 1)]
    for fault, tests in table.items():
        assert tests, fault
        for test in tests:
            file, _, name = test.rpartition("::")
            assert name in names_in(path_of(file, own) if file else own), (fault, test)
