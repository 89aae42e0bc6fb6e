"""Slack's own Python SDK as a judge: reads JSON, says what is wrong with it, a line each."""

import json
import sys

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.signature import Clock, SignatureVerifier

asked = json.load(sys.stdin)
judged = 0


class At(Clock):
    def __init__(self, seconds):
        self.seconds = seconds

    def now(self):
        return self.seconds


def judge(what, wrong):
    global judged
    judged += 1
    if wrong:
        print(f"{what}: {wrong}")


def wrong_with(blocks):
    try:
        parsed = Block.parse_all(blocks)
        for block in parsed:
            block.validate_json()
        # What the SDK does not know it drops, and what it drops Slack would refuse.
        return None if json.dumps([b.to_dict() for b in parsed], sort_keys=True) == json.dumps(blocks, sort_keys=True) else (
            f"read as {[b.to_dict() for b in parsed]}"
        )
    except Exception as error:
        return str(error)


for blocks in asked["messages"]:
    judge(blocks, wrong_with(blocks))
for view in asked["views"]:
    judge(view, wrong_with(view["blocks"]))
    try:
        View(**view).validate_json()
    except Exception as error:
        judge(view, str(error))
for one in asked["signatures"]:
    verifier = SignatureVerifier(asked["secret"], clock=At(one["now"]))
    good = verifier.is_valid(one["body"], one["at"], one["signature"])
    judge(one, None if good == one["good"] else f"the SDK says {good}")
print(f"{judged} judged")
