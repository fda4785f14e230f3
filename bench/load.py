"""A client in a process of its own (`python -m bench.load PORT`): plays requests over one connection, one by one.

Standard input: JSON {"method", "headers", "requests": [[path, body or null], …]}. Standard output: JSON {"seconds":
[…]}, the wall time of each request. Any answer but 200 ends it with code 1: a refused request costs something else.
"""

import http.client
import json
import sys
import time


def play(port: int, plan: dict) -> list[float]:
    """Seconds of each request."""
    connection, took = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    for path, body in plan["requests"]:
        began = time.perf_counter()
        connection.request(plan["method"], path, body and json.dumps(body), plan["headers"])
        reply = connection.getresponse()
        text = reply.read()
        took.append(time.perf_counter() - began)
        if reply.status != 200:
            raise SystemExit(f"{plan['method']} {path}: {reply.status} {text[:300]!r}")
    return took


if __name__ == "__main__":
    print(json.dumps({"seconds": play(int(sys.argv[1]), json.load(sys.stdin))}))
