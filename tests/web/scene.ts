import assert from "node:assert/strict";
import type { Person, Stage } from "./stage.ts";

/** A few people, their rooms, and what they say: what pictures and checks of pages are made of. */
export interface Scene {
  ada: Person;
  roomId: string;
  directId: string;
  /** The message that has a thread. */
  threadSeq: number;
}

interface Line {
  by: Person;
  content: string;
  replyTo?: number;
  mentions?: Person[];
}

export async function setScene(stage: Stage): Promise<Scene> {
  const ada = await stage.person("Ada Lovelace");
  const [grace, linus, mary] = await Promise.all(
    ["Grace Hopper", "Linus Torvald", "Mary Jackson"].map((name) => stage.person(name)),
  );
  assert.ok(grace && linus && mary);
  const others = [grace, linus, mary];

  const roomOf = async (by: Person, room: object, members: Person[]) => {
    const answer = await by.api.post("/api/rooms", { roomType: "private", ...room });
    assert.equal(answer.status, 201, answer.text);
    const { id } = answer.body.room;
    for (const { id: userId } of members) {
      await by.api.post(`/api/rooms/${id}/members`, { userId });
    }
    return String(id);
  };
  const say = async (roomId: string, lines: Line[]) => {
    let seq = 0;
    for (const { by, content, replyTo, mentions = [] } of lines) {
      const message = { content, replyTo, mentions: mentions.map(({ id }) => id) };
      const answer = await by.api.post(`/api/rooms/${roomId}/messages`, message);
      assert.equal(answer.status, 201, answer.text);
      seq = answer.body.data.seq;
    }
    return seq;
  };
  const react = (by: Person, roomId: string, seq: number, emoji: string) =>
    by.api.put(`/api/rooms/${roomId}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`, {});

  const garden = { name: "garden", description: "Beds, seeds and who waters on Sunday" };
  const gardenId = await roomOf(linus, garden, [ada, mary]);
  await say(gardenId, [
    { by: mary, content: "The tomatoes are red at last 🍅" },
    { by: linus, content: "Then it is time for the sauce. Who brings the jars?" },
  ]);
  const roomId = await roomOf(ada, { name: "launch", description: "Everything for Thursday" }, [
    ...others,
  ]);
  await say(roomId, [
    { by: grace, content: "Good morning! The release candidate is on the test machines." },
    { by: grace, content: "All suites are green: https://ci.example.com/runs/4711" },
    { by: linus, content: "🎉" },
    { by: ada, content: "Wonderful. What is left before Thursday?" },
    {
      by: mary,
      content:
        "Two things:\n1. the pictures for the announcement\n2. somebody who reads the guide as if they had never seen it",
    },
    { by: linus, content: "I can read the guide this afternoon.", replyTo: 5 },
    { by: mary, content: "Thank you! Be merciless.", replyTo: 5 },
    { by: grace, content: "And I have the pictures, they are nearly done." },
    {
      by: grace,
      content: `@${ada.username} do you want the dark ones as well?`,
      mentions: [ada],
    },
    { by: ada, content: "Yes please, both." },
    { by: linus, content: "Read it. One step was missing, it is in now. The rest is a pleasure." },
  ]);
  for (const [by, seq, emoji] of [
    [ada, 2, "👍"],
    [linus, 2, "👍"],
    [mary, 2, "🚀"],
    [grace, 6, "❤️"],
    [ada, 11, "🙌"],
    [grace, 11, "🙌"],
  ] as const) {
    await react(by, roomId, seq, emoji);
  }
  await ada.api.put(`/api/rooms/${roomId}/pins/5`, {});

  const direct = await grace.api.post("/api/direct-messages", { userId: ada.id });
  const directId = String(direct.body.room.id);
  await say(directId, [
    { by: grace, content: "Have you seen how fast the search is now?" },
    { by: grace, content: "I have to show you something 😊" },
  ]);
  const quiet = await ada.api.post("/api/direct-messages", { userId: mary.id });
  await say(String(quiet.body.room.id), [{ by: ada, content: "See you at lunch" }]);
  return { ada, roomId, directId, threadSeq: 5 };
}
