import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { wholeNumber } from "../arguments.ts";
import { type Connection, connected } from "../connection.ts";
import { type Figures, measure } from "../measure.ts";
import type { Group } from "../root-command.ts";
import { table } from "../text.ts";

const about = `
It works as the user of the profile, in a private room of its own that is left at the end, and takes some 45 seconds. What
calls runs beside what is called, so that on one machine the figures are below what the platform can do for others: they
are there to compare machines and settings. \`npm run bench\` measures each part against a baseline.
`;

const titles = ["what", "at once", "a second", "median ms", "99 of 100 ms"];

export function define(command: Group): void {
  command
    .description("Measures what the platform can do here, in less than a minute.")
    .option("--seconds <n>", "for each of its four parts", wholeNumber, 10)
    .addHelpText("after", about)
    .action(({ seconds }, self) =>
      connected(self, async (connection) => {
        const { output } = connection;
        const rows: string[][] = [];
        for await (const { what, atOnce, figures } of parts(connection, seconds * 1000)) {
          const { perSecond, medianMs, slowMs } = figures;
          rows.push([what, ...[atOnce, Math.round(perSecond), medianMs, slowMs].map(String)]);
          if (output.isJson) await output.print("", { what, atOnce, ...figures });
          else output.note(`${what}: done`);
        }
        if (!output.isJson) await output.print(table(titles, rows), null);
      }),
    );
}

interface Part {
  what: string;
  atOnce: number;
  figures: Figures;
}

async function* parts(connection: Connection, ms: number): AsyncGenerator<Part> {
  const { messages, rooms } = connection;
  const { room } = await rooms.createRoom({ name: "aether bench", roomType: RoomType.PRIVATE });
  const roomId = room?.id ?? "";
  let sent = 0;
  const calls: [what: string, atOnce: number, call: () => Promise<unknown>][] = [
    ["send, one after the other", 1, () => messages.sendMessage({ roomId, content: `${sent++}` })],
    ["send", 32, () => messages.sendMessage({ roomId, content: `${sent++}` })],
    ["read a page of 50", 16, () => messages.listMessages({ roomId, limit: 50 })],
    ["list one's rooms", 16, () => rooms.listRooms({})],
  ];
  try {
    for (const [what, atOnce, call] of calls) {
      yield { what, atOnce, figures: await measure(ms, atOnce, call) };
    }
  } finally {
    await rooms.leaveRoom({ roomId });
  }
}
