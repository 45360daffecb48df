import { comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { type Contender, contenderOf, enter } from "../measure/contenders.ts";
import { closedLoop } from "../measure/loops.ts";
import { startMessageService } from "../measure/message-service.ts";
import type { Scenario } from "../measure/scenario.ts";

const size = 400;
const senders = 20;
const underWay = 16;
const ms = 4_000;

export const instances: Scenario = {
  about: "two instances against one: deliveries per second of CPU",
  async run({ rounds, say }) {
    const redis = process.env.BENCH_REDIS_URL;
    if (!redis) {
      say("Not measured: BENCH_REDIS_URL names no Redis, by which instances tell each other.");
      return;
    }
    await using service = await startMessageService({ REDIS_URL: redis });
    const [first] = service.instances;
    const one = contenderOf(service, "one", first);
    const two = contenderOf(service, "two", await service.startInstance());
    const sides = [await fill("two", [one, two]), await fill("one", [one])];
    for (const side of sides) await side.measure();
    await measureRounds(sides, rounds);
    const columns = {
      perCpuSecond: withSpread("deliveries per CPU second"),
      perSecond: withSpread("deliveries/s"),
    };
    say(comparison("instances", columns, sides, { one: { perCpuSecond: { atLeast: 0.8 } } }));
    say(
      `${size} sockets in one room, on two instances half on either; ${senders} senders taking turns, ` +
        `${underWay} messages under way, one being over when every socket has it. The CPU is that of the ` +
        "instances' processes together. Redis carries the hints between them.",
    );
  },
};

async function fill(name: string, contenders: readonly Contender[]) {
  const [roomId = ""] = (await contenders[0]?.newRooms(1)) ?? [];
  const parts = await Promise.all(contenders.map((it) => it.newDoors(size / contenders.length)));
  const doors = Array.from({ length: size }, (_, i) => {
    const part = parts[i % parts.length];
    return part?.[Math.floor(i / parts.length)] ?? [];
  }).flat();
  const sockets = await enter(doors, () => roomId);
  const cpu = async () => {
    const usages = await Promise.all(contenders.map(({ server }) => server.usage()));
    return usages.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
  };
  const measure = async () => {
    const before = await cpu();
    const { deliveries, seconds } = await closedLoop(sockets, roomId, { senders, underWay, ms });
    const used = (await cpu()) - before;
    return { perCpuSecond: deliveries / (used / 1e6), perSecond: deliveries / seconds };
  };
  return { name, samples: [], measure };
}
