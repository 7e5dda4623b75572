"""What a forger with the store's file does to it: cuts its end off, or makes its whole chain anew."""
from verify_seals import digest_of, head_text, leaf_hash, time_text, tree_root
from verify_store import Check, leaf_text, row_marks


def cut_tail(town, segments):
    """Everything of the last segments is gone, as if it had never been. Returns the heads that were."""
    heads = town.heads()
    keep = heads[-1]["segment"] - segments
    (last,) = town.rows("SELECT last_seq FROM segment WHERE segment = ?", keep)[0]
    town.forge(*(f"DELETE FROM {table} WHERE seq > {last}" for table in (
        "poll", "event", "problem_version", "fresh", "kept", "configuration")),
        *(f"DELETE FROM {table} WHERE segment > {keep}" for table in ("segment", "leaf", "anchor")),
        f"UPDATE cursor SET seq = min(seq, {last})", f"DELETE FROM problem WHERE seq > {last}")
    return heads


def rebuild(town, key=None):
    """Leaves, roots and heads of a store made anew over its rows; signed by `key`, or with the old
    signatures left standing."""
    check = Check(town.store)
    store, previous, statements = check.store, None, []
    for row in store.db.execute(
            "SELECT collector, segment, first_seq, last_seq, first_time, last_time, previous, key,"
            " sealed, signature FROM segment WHERE head IS NOT NULL ORDER BY segment").fetchall():
        collector, segment, first, last, since, until, before, old_key, sealed, signature = row
        leaves = store.leaves(segment, first, last)
        hashes = [leaf_hash(leaf_text(lines)) for lines in leaves]
        text = head_text(collector, store.id, segment, first, last, time_text(since) or "-",
                         time_text(until) or "-", len(hashes), tree_root(hashes).hex(),
                         previous or before.hex(), time_text(sealed),
                         key.fingerprint if key else old_key)
        previous = digest_of(text.encode())
        statements.append(("UPDATE segment SET root = ?, head = ?, previous = ?, signature = ?, key = ?,"
                           " leaves = ? WHERE segment = ?", (
                               tree_root(hashes), bytes.fromhex(previous),
                               bytes.fromhex(text.split("previous ")[1][:64]),
                               key.sign(text) if key else signature,
                               key.fingerprint if key else old_key, len(leaves), segment)))
        statements.append(("DELETE FROM leaf WHERE segment = ?", (segment,)))
        statements += [("INSERT INTO leaf(segment, number, name, rows, digest, marks) VALUES"
                        "(?, ?, ?, ?, ?, ?)", (segment, number, lines[0], len(lines) - 1, own,
                                               row_marks(lines)))
                       for number, (lines, own) in enumerate(zip(leaves, hashes))]
    store.db.close()
    town.forge(*statements)
