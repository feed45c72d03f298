"""agents.py [--budget TOKENS] [--seconds N] --url URL QUESTION: asks several model-like APIs at once."""

import argparse
import asyncio
import json
import operator
import re
import time

import httpx


class OutOfBudget(Exception):
    pass


class Pace:
    """At most `rate` a second, `rate` at once."""

    def __init__(self, rate):
        self.rate, self.tokens, self.last = rate, rate, time.monotonic()

    async def acquire(self):
        now = time.monotonic()
        self.tokens, self.last = min(self.rate, self.tokens + (now - self.last) * self.rate), now
        self.tokens -= 1
        if self.tokens < 0:
            await asyncio.sleep(-self.tokens / self.rate)


async def calculate(text):
    a, sign, b = re.fullmatch(r"([\d.]+)\s*([-+*/])\s*([\d.]+)", text).groups()
    result = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[sign](float(a), float(b))
    return f"{result:g}"


class Team:
    def __init__(self, client, url, tokens):
        self.client, self.url, self.left = client, url, tokens
        self.tools = {"calculate": calculate}
        self.at_once, self.pace = asyncio.Semaphore(8), Pace(20)

    def spend(self, tokens):
        if tokens > self.left:
            self.left = 0
            raise OutOfBudget("the budget is used up")
        self.left -= tokens

    async def listen(self, asked, report):
        async with self.at_once:
            await self.pace.acquire()
            for attempt in range(4):
                async with self.client.stream("POST", self.url + "/v1/answer", json=asked) as response:
                    if response.status_code in (429, 503) and attempt < 3:
                        wait = float(response.headers.get("Retry-After", 0.1 * 2**attempt))
                    else:
                        response.raise_for_status()
                        return await self.events(response, report)
                await asyncio.sleep(wait)

    async def events(self, response, report):
        wish = None
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            piece = json.loads(line[5:])
            self.spend(piece["tokens"])
            report["tokens"] += piece["tokens"]
            if "text" in piece:
                report["text"] += piece["text"]
                print(f"{report['name']:8} {piece['text']}", flush=True)
            if "tool" in piece:
                wish = piece
        return wish

    async def talk(self, model, role, question, report):
        asked = {"model": model, "messages": [{"role": "system", "content": role}, {"role": "user", "content": question}]}
        while wish := await self.listen(asked, report):
            report["tool_calls"] += 1
            if report["tool_calls"] > 5:
                raise RuntimeError("too many calls of tools")
            tool = self.tools.get(wish["tool"])
            result = await tool(wish.get("argument", "")) if tool else "there is no such tool"
            asked["messages"] += [{"role": "assistant", "content": "calls " + wish["tool"]}, {"role": "tool", "content": result}]

    async def ask_one(self, agent, question, limit, report):
        try:
            await asyncio.wait_for(self.talk(agent[1], agent[2], question, report), limit)
            report["end"] = "complete"
        except asyncio.TimeoutError:
            report["end"] = "out of time"
        except Exception as e:
            report["end"] = str(e)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--url", required=True)
    parser.add_argument("question")
    options = parser.parse_args()
    agents = [("planner", "quick", "You plan."), ("analyst", "calculating", "You calculate."), ("critic", "busy", "You doubt."),
              ("poet", "slow", "You take your time.")]
    reports = [{"name": a[0], "text": "", "end": "cancelled", "tokens": 0, "tool_calls": 0} for a in agents]
    async with httpx.AsyncClient(timeout=None) as client:
        team = Team(client, options.url, options.budget)
        try:
            await asyncio.gather(*(team.ask_one(a, options.question, options.seconds, r) for a, r in zip(agents, reports)))
        except asyncio.CancelledError:
            pass  # Ctrl-C: what has been said is kept
    for r in reports:
        tools = f", tool calls: {r['tool_calls']}" if r["tool_calls"] else ""
        print(f"\n== {r['name']}: {r['end']}, {r['tokens']} tokens{tools}\n{r['text'] or '(nothing)'}")
    print(f"\n{team.left} tokens are left")


asyncio.run(main())
