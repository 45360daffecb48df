import { setTimeout as pause } from "node:timers/promises";
import type { Act, ActLog } from "../check/run-log.ts";
import type { Random } from "../random.ts";
import { isTemporary, messageIn, roomIdIn } from "./answers.ts";
import { createChoices, targetOf } from "./choose.ts";
import type { ChatClient, Perform } from "./client.ts";
import { createPace } from "./pace.ts";
import { retryMs } from "./socket-connection.ts";
import { notePosition, slowMs, type Tally } from "./tally.ts";

/** Does what users do besides sending, each act until it is answered. */
export interface Actor {
  tick: () => void;
  stop: () => void;
  sent: (roomId: string, seq: number) => void;
  /** When the oldest act that still waits was begun; undefined if none waits. */
  oldestWaiting: () => number | undefined;
}

export interface ActorOptions {
  client: ChatClient;
  perform: Perform;
  /** Users with whom it talks alone. */
  peerIds: readonly string[];
  random: Random;
  tally: Tally;
}

const mostUnderWay = 8;
const restShare = 0.3;
const statusShare = 0.03;

export function createActor(options: ActorOptions): Actor {
  const { client, perform, peerIds, random, tally } = options;
  const { spec, user } = client;
  const choices = createChoices({ client, peerIds, random });
  const underWay = new Map<string, ActLog>();
  /** What an unanswered attempt may still change, whenever it is executed: it is left as it is. */
  const closed = new Set<string>();
  const due = createPace(spec.actsPerSecond, mostUnderWay);
  let isStopped = false;

  const begin = async (act: Act, target: string) => {
    const log: ActLog = {
      client: spec.name,
      userId: user.id,
      act,
      attempts: 0,
      isInDoubt: false,
      firstAt: Date.now(),
      ack: undefined,
      refusal: undefined,
    };
    tally.acts.push(log);
    underWay.set(target, log);
    const byEvent = random.next() >= restShare;
    for (;;) {
      log.attempts++;
      const answer = await perform(act, byEvent);
      log.isInDoubt ||= answer?.isInDoubt === true;
      if (!answer) tally.counts.unanswered++;
      else if (answer.code === undefined) acknowledge(log, answer.body);
      else {
        tally.counts.refused++;
        if (!isTemporary(answer.code)) log.refusal = answer.code;
      }
      if (log.ack || log.refusal !== undefined) break;
      log.isInDoubt = true;
      await pause(retryMs);
    }
    choices.ended(act, log.ack !== undefined);
    if (log.isInDoubt && act.kind !== "read") closed.add(target);
    underWay.delete(target);
  };
  const acknowledge = (log: ActLog, body: object) => {
    const at = Date.now();
    log.ack = { at, roomId: roomIdIn(body) };
    tally.done++;
    if (at - log.firstAt > slowMs) tally.counts.slowAcks++;
    const message = messageIn(body);
    if (message && "roomId" in log.act) {
      const { seq: lastSeq, revision: lastRevision } = message;
      notePosition(tally, log.act.roomId, { lastSeq, lastRevision });
    }
  };

  return {
    tick() {
      if (isStopped) return;
      for (let left = due(); left > 0; left--) {
        if (random.next() < statusShare) client.setStatus(random.pick(["online", "away"]));
        if (underWay.size >= mostUnderWay) continue;
        const act = choices.next();
        const target = act && targetOf({ act, userId: user.id });
        if (!act || target === undefined || underWay.has(target) || closed.has(target)) continue;
        void begin(act, target);
      }
    },
    stop() {
      isStopped = true;
    },
    sent: choices.sent,
    oldestWaiting() {
      const began = [...underWay.values()].map((it) => it.firstAt);
      return began.length === 0 ? undefined : Math.min(...began);
    },
  };
}
