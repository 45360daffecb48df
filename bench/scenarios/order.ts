import { contenderOf, enter } from "../measure/contenders.ts";
import { table } from "../measure/figures.ts";
import { startMessageService } from "../measure/message-service.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import type { Scenario } from "../measure/scenario.ts";

const senders = 20;
const each = 100;

export const order: Scenario = {
  about: "a sender's own messages out of order, pipelined, on one instance and on two",
  async run({ rounds, say }) {
    await using service = await startMessageService();
    const [first] = service.instances;
    const second = await service.startInstance();
    const one = contenderOf(service, "one", first);
    const two = contenderOf(service, "two", second);
    const rows: string[][] = [];
    for (const [name, sides] of [
      ["one instance", [one]],
      ["two instances", [one, two]],
    ] as const) {
      let outOfOrder = 0;
      let deliveries = 0;
      for (let round = 0; round < rounds; round++) {
        const [roomId = ""] = await one.newRooms(1);
        const doors = (
          await Promise.all(sides.map((side) => side.newDoors(senders / sides.length)))
        ).flat();
        const sockets = await enter(doors, () => roomId);
        const seen = await pipeline(sockets, roomId);
        outOfOrder += seen.outOfOrder;
        deliveries += seen.deliveries;
        for (const socket of sockets) socket.close();
      }
      rows.push([name, String(rounds * senders * each), String(deliveries), String(outOfOrder)]);
    }
    say(table(["", "sent", "delivered", "out of order (goal 0)"], rows));
    say(
      `${senders} senders in one room send ${each} messages each without waiting for any acknowledgement. ` +
        "Out of order: a delivery whose `seq` isn't the next one of its socket, or whose sender's " +
        "earlier message comes later. On two instances half of the senders are on either.",
    );
  },
};

/** Sends all at once; resolves when each socket has had every message. */
function pipeline(
  sockets: RawSocket[],
  roomId: string,
): Promise<{ deliveries: number; outOfOrder: number }> {
  return new Promise((resolve, reject) => {
    const total = sockets.length * each;
    let deliveries = 0;
    let outOfOrder = 0;
    const timer = setTimeout(
      () => reject(new Error(`${deliveries} of ${total * sockets.length} were delivered`)),
      60_000,
    );
    for (const socket of sockets) {
      const last = new Map<number, number>();
      let lastSeq = 0;
      socket.onMessage = (text) => {
        const [, { seq, content }] = JSON.parse(text().slice(2));
        const [sender = 0, number = 0] = String(content).split(" ").map(Number);
        if (seq !== lastSeq + 1 || number !== (last.get(sender) ?? -1) + 1) outOfOrder++;
        lastSeq = seq;
        last.set(sender, number);
        if (++deliveries < total * sockets.length) return;
        clearTimeout(timer);
        resolve({ deliveries, outOfOrder });
      };
    }
    for (const [sender, socket] of sockets.entries()) {
      for (let i = 0; i < each; i++) {
        socket.request("send_message", { roomId, content: `${sender} ${i}` }, (text) => {
          if (!text.startsWith('[{"success":true')) reject(new Error(text));
        });
      }
    }
  });
}
