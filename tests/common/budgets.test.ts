import assert from "node:assert/strict";
import { test } from "node:test";
import { budgets } from "#common/budgets.ts";

const { answer, database, health, revocation, tokens, keys, http, drain, delivery, presence } =
  budgets;

/** Each limit comes before the next: `[name, milliseconds]` in the order that must hold. */
function assertOrder(...limits: [name: string, ms: number][]): void {
  for (const [i, [name, ms]] of limits.entries()) {
    const [next, nextMs] = limits[i + 1] ?? ["", Number.POSITIVE_INFINITY];
    assert.ok(ms < nextMs, `${name} (${ms} ms) must be less than ${next} (${nextMs} ms)`);
  }
}

function assertAtMost(ms: number, limit: number, what: string): void {
  assert.ok(ms <= limit, `${what}: ${ms} ms must be at most ${limit} ms`);
}

test("a request is answered within its promise, whichever part hangs", () => {
  assertOrder(
    ["a call to the store", database.storeCall],
    ["a call between services", answer.serviceCall],
    ["a unary call without a deadline", answer.unaryCall],
    ["the promise", answer.promised],
  );
  assertOrder(
    ["a counter in Redis and a call", answer.sharedCounter + answer.serviceCall],
    ["the promise", answer.promised],
  );
  assertOrder(
    ["a handshake through the gateway", answer.proxiedHandshake],
    ["the promise", answer.promised],
  );
  assertOrder(["the queue for hashes", answer.passwordQueue], ["a call", answer.serviceCall]);
  assertOrder(["catching up", answer.catchUp], ["the promise", answer.promised]);
  assertAtMost(answer.socketJudgement, answer.promised, "the judgement of a socket");
  assertOrder(
    [
      "the judgement of a socket, and what follows it",
      answer.socketJudgement + answer.socketFollow,
    ],
    ["Socket.IO's own limit", answer.socketHandshake],
  );
});

test("a database that hangs is given up by the server, then the driver, then us", () => {
  assertOrder(
    ["a connection", database.connect],
    ["a statement", database.statement],
    ["the driver's limit", database.statement + database.hungAfter],
    ["the longest deadline", answer.longestDeadline],
  );
  assertOrder(
    ["an operation of MongoDB", database.mongoOperation],
    ["a call to the store", database.storeCall],
  );
  assertOrder(
    ["retries of an append", database.appendRetries],
    ["a call to the store", database.storeCall],
  );
  assertOrder(
    ["an append that is not begun", database.appendQueue],
    ["a unary call", answer.unaryCall],
  );
  assertOrder(
    ["the wait for a lease", database.roomLeaseWait],
    ["a lease", database.roomLease],
    ["a call to the store", database.storeCall],
  );
});

test("a dependency that hangs makes a service unready, not its health check silent", () => {
  assertOrder(
    ["an answer that is given again", health.remembered],
    ["a ping", health.ping],
    ["a health check", health.check],
    ["the promise", answer.promised],
  );
});

test("a session that has ended is refused while the feed is fresh, and forgotten after its tokens", () => {
  assertOrder(
    ["a heartbeat", revocation.heartbeat],
    ["the contract's heartbeat", revocation.contractHeartbeat],
  );
  assertOrder(
    [
      "a heartbeat, a slow read and a reconnect",
      revocation.heartbeat + revocation.longestRead + revocation.firstReconnect,
    ],
    ["a stale feed", revocation.stale],
    ["a silent stream", revocation.silence],
    ["a stream", revocation.stream],
  );
  assertAtMost(revocation.stream, tokens.service, "a stream and the token that opened it");
  const lastValid = tokens.access + tokens.leeway;
  assertOrder(
    ["a token's end", lastValid],
    ["a session's mark", tokens.access + revocation.rememberedAfterExpiry],
    ["what a new reader is given", revocation.relevant],
  );
  assertOrder(["a statement of the feed", database.feedStatement], ["silence", revocation.silence]);
});

test("a new key is known everywhere before it signs, and kept until its last token is over", () => {
  assertOrder(
    ["what is given out again", keys.fresh],
    ["the pause between two questions", keys.refetch],
    ["the lead", keys.lead],
  );
  assertOrder(["another instance reads it", keys.reload + keys.fresh], ["the lead", keys.lead]);
  assertOrder(["a cache of the document", keys.httpCache + keys.fresh], ["the lead", keys.lead]);
  assertOrder(
    ["the lead and the leeway", keys.lead + tokens.leeway + tokens.clocksApart],
    ["what a key is kept longer", keys.keptAfterExpiry],
  );
  assertOrder(
    ["clocks", tokens.clocksApart],
    ["a short token", Math.min(tokens.ws, tokens.service)],
  );
  assertOrder(["leeway", tokens.leeway], ["leeway of services", tokens.serviceLeeway]);
});

test("a request has its time, and a poll is answered before it is given up", () => {
  assertOrder(["a check", http.check], ["headers", http.headers], ["a request", http.request]);
  assertOrder(
    ["a ping and its pong", http.socketPing + http.socketPong],
    ["a poll", http.proxiedPoll],
  );
});

test("what a service does to stop fits into what it is given", () => {
  const rpc = Math.max(drain.calls, drain.streams);
  const services = {
    auth: drain.http + rpc + drain.notices + 2 * drain.database + drain.tracing,
    message: drain.events + drain.sockets + rpc + drain.database + drain.tracing,
    gateway: drain.gateway + drain.tracing,
  };
  for (const [name, ms] of Object.entries(services)) assertAtMost(ms, drain.process, name);
  assertOrder(
    ["a socket's goodbye", drain.socketGrace],
    ["the sockets' time", drain.sockets],
    ["the service's", drain.process],
    ["the supervisor's", drain.supervisor],
    ["the watchdog's", drain.watchdog],
    ["the container's", drain.container],
  );
  assertOrder(["streams", drain.streams], ["calls", drain.calls]);
  assertAtMost(answer.serviceCall, drain.calls, "a call under way when its server stops");
});

test("what another instance has written is delivered in time", () => {
  assertOrder(
    ["a missing number", delivery.missing],
    ["another attempt", delivery.retry],
    ["a poll without hints", delivery.pollWithoutHints],
    ["the promise", delivery.promised],
    ["a number that can't be read", delivery.stuck],
  );
  assertOrder(["a poll", delivery.poll], ["a number that can't be read", delivery.stuck]);
});

test("who is there is confirmed in time, and who isn't is known in time", () => {
  assertOrder(
    ["a confirmation that comes late", presence.renew + database.storeCall],
    ["what was confirmed holds", presence.lease],
  );
  assertOrder(
    ["the end of an instance, and the poll", presence.lease + delivery.poll + database.storeCall],
    ["the promise", presence.promisedAfterDeath],
  );
  assertOrder(["a poll without hints", presence.poll], ["the promise", presence.promised]);
});
