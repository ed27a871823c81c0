"""Check sealed days of a desk's journal, oldest first: python3 check_segment.py FILE…"""

import hashlib
import json
import sys

failures, seal_before = 0, None
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        head, *rows, end = file.read().split(b"\n")
    said = json.loads(head)
    seal = said.pop("seal")
    text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    link = bytes.fromhex(said["hash_before"])
    for seq, row in enumerate(rows, said["first_seq"]):
        link = hashlib.sha256(link + seq.to_bytes(8, "big") + row).digest()
    counted = len(rows) == said["rows"] == said["last_seq"] - said["first_seq"] + 1
    holds = hashlib.sha256(text).hexdigest() == seal and link.hex() == said["hash"] and counted
    follows = seal_before in (None, said["previous_seal"]) and end == b""
    failures += not (holds and follows)
    print(path, said["day"], seal, "holds" if holds and follows else "FAILED")
    seal_before = seal
sys.exit(failures > 0)
