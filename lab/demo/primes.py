"""What `npm run demo` freezes of Python: one line for each part of a computation with objects, a generator, floats and a hash."""

import hashlib
import math
import random


def primes():
    """All primes; its state is a frame in the middle of its work."""
    crossed = {}
    number = 2
    while True:
        step = crossed.pop(number, None)
        if step is None:
            yield number
            crossed[number * number] = number
        else:
            following = number + step
            while following in crossed:
                following += step
            crossed[following] = step
        number += 1


random.seed(7)
digest = hashlib.sha256()
found = primes()
total = 0.0
words = {}
with open("primes.log", "w") as log:
    for part in range(1, 31):
        for _ in range(12000):
            prime = next(found)
            total += math.sin(prime) * random.random()
            digest.update(prime.to_bytes(8, "little"))
            words.setdefault(prime % 97, []).append(str(prime))
        log.write(f"{part} {prime}\n")
        held = sum(map(len, words.values()))
        print(f"part {part}: prime {prime}, sum {total!r}, {held} words, {digest.hexdigest()[:16]}", flush=True)
