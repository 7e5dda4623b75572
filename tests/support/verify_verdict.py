def check(case, claims):
    claims.lack("verdict-recomputed", "x")
