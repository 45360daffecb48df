import {
  MemberSchema,
  type Room,
  RoomSchema,
  RoomType,
  RoomTypeSchema,
} from "#gen/aetherconnect/message/v1/room_pb.ts";
import { wholeNumber } from "../arguments.ts";
import { connected } from "../connection.ts";
import { type Column, enumText, timeOf } from "../output.ts";
import type { Group } from "../root-command.ts";

const examples = `
Examples:
  aether rooms list                    the rooms that one is in
  aether rooms list --public           all that anybody may join
  aether rooms create kitchen --private --description "Who cooks"
  aether rooms members <room> --json

A room is named by its id, which every list shows first.
`;

export function define(command: Group): void {
  command
    .description(
      "Rooms, and who is in them. The contract has no deletion of rooms; one that all have left is found by nobody.",
    )
    .addHelpText("after", examples);

  command
    .command("list")
    .description("List one's rooms, or all public ones.")
    .option("--public", "the rooms that anybody may join")
    .action((options, self) =>
      connected(self, async ({ rooms, output }) => {
        if (!options.public) {
          const answer = await rooms.listRooms({});
          return output.list(RoomSchema, answer.rooms, columns);
        }
        const all: Room[] = [];
        for (let page = 1; ; page++) {
          const answer = await rooms.listPublicRooms({ page, limit: 100 });
          all.push(...answer.rooms);
          if (!answer.pagination?.hasNext) break;
        }
        await output.list(RoomSchema, all, columns);
      }),
    );

  command
    .command("create <name>")
    .description("Create a room; one is its first member, and manages it.")
    .option("--private", "only those whom a member adds may see and join it")
    .option("--description <text>", "what it is for")
    .action((name, options, self) =>
      connected(self, async ({ rooms, output }) => {
        const { room } = await rooms.createRoom({
          name,
          ...(options.description !== undefined && { description: options.description }),
          roomType: options.private ? RoomType.PRIVATE : RoomType.PUBLIC,
        });
        if (room) await output.show(RoomSchema, room);
      }),
    );

  command
    .command("show <room>")
    .description("Show a room.")
    .action((roomId, _options, self) =>
      connected(self, async ({ rooms, output }) => {
        const { room } = await rooms.getRoom({ roomId });
        if (room) await output.show(RoomSchema, room);
      }),
    );

  command
    .command("members <room>")
    .description("List a room's members, the oldest member first.")
    .option("--limit <n>", "at most so many", wholeNumber, 1_000)
    .action((roomId, { limit }, self) =>
      connected(self, async ({ rooms, output }) => {
        const all = [];
        for (let page = 1; ; page++) {
          const answer = await rooms.listMembers({ roomId, page, limit: 100 });
          all.push(...answer.members);
          if (!answer.pagination?.hasNext || all.length >= limit) break;
        }
        await output.list(MemberSchema, all.slice(0, limit), [
          { title: "user", of: (it) => it.userId },
          { title: "username", of: (it) => it.username },
          { title: "name", of: (it) => it.name },
          { title: "since", of: (it) => timeOf(it.joinedAt) },
        ]);
      }),
    );

  command
    .command("join <room>")
    .description("Become a member of a public room.")
    .action((roomId, _options, self) =>
      connected(self, async ({ rooms, output }) => {
        const { room } = await rooms.joinRoom({ roomId });
        if (room) await output.show(RoomSchema, room);
      }),
    );

  command
    .command("leave <room>")
    .description("End one's membership of a room.")
    .action((roomId, _options, self) =>
      connected(self, async ({ rooms }) => {
        await rooms.leaveRoom({ roomId });
      }),
    );
}

const columns: Column<Room>[] = [
  { title: "room", of: (it) => it.id },
  { title: "name", of: (it) => it.name },
  { title: "type", of: (it) => enumText(RoomTypeSchema, it.roomType) },
  { title: "members", of: (it) => it.memberCount },
  { title: "messages", of: (it) => it.lastSeq },
  { title: "unread", of: (it) => it.membership?.unreadCount },
];
