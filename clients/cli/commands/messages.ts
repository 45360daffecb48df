import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { time, wholeNumber } from "../arguments.ts";
import { connected } from "../connection.ts";
import { messageColumns } from "../messages/columns.ts";
import { exportRoom } from "../messages/export.ts";
import { importMessages } from "../messages/import.ts";
import { sendOnce } from "../messages/send.ts";
import { tail } from "../messages/tail.ts";
import { readInput } from "../prompt.ts";
import type { Group } from "../root-command.ts";

const examples = `
Examples:
  aether messages history <room> --limit 20
  aether messages history <room> --before 100      the fifty before number 100
  aether messages tail <room>                      shows what comes, until Ctrl-C
  aether messages send <room> "Dinner is ready"
  git log -1 --format=%s | aether messages send <room>
  aether messages export <room> --out kitchen.ndjson   and again, to go on after a break
  aether messages import <room> kitchen.ndjson
  aether messages search '"apple pie" recipe' --room <room>

Messages of a room are numbered 1, 2, 3 … without gaps: every list shows the number first.
`;

export function define(command: Group): void {
  command.description("Messages of rooms.").addHelpText("after", examples);

  command
    .command("history <room>")
    .description("List messages, oldest to newest: the newest ones, or those before or after one.")
    .option("--limit <n>", "at most so many, up to 100", wholeNumber, 50)
    .option("--before <seq>", "those before this number", wholeNumber)
    .option("--after <seq>", "those after this number", wholeNumber)
    .option("--thread <seq>", "replies of the thread on this message", wholeNumber)
    .action((roomId, { limit, ...where }, self) =>
      connected(self, async ({ messages, output }) => {
        const request = { roomId, ...where };
        const answer = await messages.listMessages({ ...request, limit });
        await output.list(MessageSchema, answer.messages, messageColumns);
        if (answer.pagination?.hasNext) output.note("there are older ones: --before");
      }),
    );

  command
    .command("tail <room>")
    .description("Show the newest messages, then each as it comes. Goes on after lost connections.")
    .option("--limit <n>", "begin with so many", wholeNumber, 10)
    .option("--after <seq>", "begin behind this number", wholeNumber)
    .action((roomId, options, self) =>
      connected(self, (connection) => tail(connection, { roomId, ...options })),
    );

  command
    .command("send <room> [text]")
    .description("Send a message; without a text the standard input is the text.")
    .option("--reply-to <seq>", "the number of the message that it replies to", wholeNumber)
    .option("--client-message-id <id>", "sent again with the same id, it is not sent twice")
    .action((roomId, given, options, self) =>
      connected(self, async ({ messages, output }) => {
        const content = given ?? (await readInput()).replace(/\r?\n$/, "");
        const { data } = await sendOnce(messages, { roomId, content, ...options });
        if (data) {
          await output.list(MessageSchema, [data], messageColumns);
        }
      }),
    );

  command
    .command("export <room>")
    .description(
      "Write all messages, each as a line of JSON. Into a file it goes on where that ends.",
    )
    .option("--out <file>", "the file; the standard output if not given")
    .option("--after <seq>", "those after this number", wholeNumber, 0)
    .action((roomId, options, self) =>
      connected(self, (connection) => exportRoom(connection, { roomId, ...options })),
    );

  command
    .command("import <room> <file>")
    .description(
      "Send what an export holds, as oneself; - reads the input. Again with the same file it sends nothing twice.",
    )
    .action((roomId, file, _options, self) =>
      connected(self, (connection) => importMessages(connection, roomId, file)),
    );

  command
    .command("search <words...>")
    .description("Find messages by their words, in all of one's rooms or in one; newest first.")
    .option("--room <room>", "in this room alone")
    .option("--user <id>", "sent by this user alone")
    .option("--after <time>", "stored after this time alone", time)
    .option("--before <time>", "stored before this time alone", time)
    .option("--limit <n>", "at most so many", wholeNumber, 20)
    .action((words, { room, user, after, before, limit }, self) =>
      connected(self, async ({ messages, output }) => {
        const answer = await messages.searchMessages({
          q: words.join(" "),
          limit,
          ...(room !== undefined && { roomId: room }),
          ...(user !== undefined && { userId: user }),
          ...(after && { after: timestampFromDate(after) }),
          ...(before && { before: timestampFromDate(before) }),
        });
        await output.list(MessageSchema, answer.messages, [
          { title: "room", of: (it) => it.roomId },
          ...messageColumns,
        ]);
      }),
    );
}
