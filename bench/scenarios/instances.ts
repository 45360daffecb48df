import { type Contender, contenderOf, enter } from "../measure/contenders.ts";
import { figure, judged, ratio, spread, table } from "../measure/figures.ts";
import { closedLoop } from "../measure/loops.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";
import { setBenchStage } from "../measure/stage.ts";

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
    await using stage = await setBenchStage({ REDIS_URL: redis });
    const [first] = stage.instances;
    const one = contenderOf(stage, "one", first);
    const two = contenderOf(stage, "two", await stage.startInstance());
    const sides = [await fill("one instance", [one]), await fill("two instances", [one, two])];
    for (const side of sides) await measure(side, 2_000);
    for (const side of sides) side.perCpuSecond = side.perSecond = [];
    for (let round = 0; round < rounds; round++) {
      for (const side of rotated(sides, round)) await measure(side, ms);
    }
    const [single, double] = sides;
    say(
      table(
        ["", "deliveries per CPU second", "deliveries/s"],
        [
          ...sides.map((it) => [it.name, spread(it.perCpuSecond), spread(it.perSecond)]),
          [
            "two / one",
            judged(ratio(double?.perCpuSecond ?? [], single?.perCpuSecond ?? []), { atLeast: 0.8 }),
            figure(ratio(double?.perSecond ?? [], single?.perSecond ?? [])),
          ],
        ],
      ),
    );
    say(
      `${size} sockets in one room, on two instances half on either; ${senders} senders taking turns, ` +
        `${underWay} messages under way, one being over when every socket has it. The CPU is that of the ` +
        "instances' processes together. Redis carries the hints between them.",
    );
  },
};

interface Side {
  name: string;
  contenders: readonly Contender[];
  sockets: RawSocket[];
  roomId: string;
  perCpuSecond: number[];
  perSecond: number[];
}

async function fill(name: string, contenders: readonly Contender[]): Promise<Side> {
  const [roomId = ""] = (await contenders[0]?.newRooms(1)) ?? [];
  const parts = await Promise.all(contenders.map((it) => it.newDoors(size / contenders.length)));
  const doors = Array.from({ length: size }, (_, i) => {
    const part = parts[i % parts.length];
    return part?.[Math.floor(i / parts.length)] ?? [];
  }).flat();
  const sockets = await enter(doors, () => roomId);
  return { name, contenders, sockets, roomId, perCpuSecond: [], perSecond: [] };
}

async function measure(side: Side, forMs: number): Promise<void> {
  const cpu = async () => {
    const usages = await Promise.all(side.contenders.map(({ server }) => server.usage()));
    return usages.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
  };
  const before = await cpu();
  const options = { senders, underWay, ms: forMs };
  const { deliveries, seconds } = await closedLoop(side.sockets, side.roomId, options);
  const after = await cpu();
  side.perCpuSecond = [...side.perCpuSecond, deliveries / ((after - before) / 1e6)];
  side.perSecond = [...side.perSecond, deliveries / seconds];
}
