import type { UserName } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useChat } from "../chat.ts";
import { textOf } from "../errors.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FormError } from "../ui/form-error.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import "../ui/card-list.css";

export function BlockedTab() {
  const chat = useChat();
  const [users, setUsers] = useState<UserName[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    chat.call.listBlocks().then((answer) => setUsers(answer.users), setError);
  }, [chat]);
  const unblock = async (userId: string) => {
    try {
      await chat.call.unblockUser({ userId });
      setUsers((before) => before?.filter((it) => it.userId !== userId));
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <section className="settings-part">
      <h2 className="settings-title">Blocked people</h2>
      <FormError text={error === undefined ? undefined : textOf(error)} />
      {!users && error === undefined && <Skeletons label="Loading" count={3} />}
      {users?.length === 0 && (
        <EmptyState icon="block" title="You have blocked nobody">
          Who is blocked can't write to you, and isn't told so.
        </EmptyState>
      )}
      {users && users.length > 0 && (
        <ul className="card-list">
          {users.map(({ userId, username, name }) => (
            <li key={userId} className="card-list-item">
              <Avatar userId={userId} name={name} />
              <div>
                <p className="settings-item-name one-line">
                  <bdi>{name}</bdi>
                </p>
                <p className="settings-item-text">@{username}</p>
              </div>
              <Button onPress={() => void unblock(userId)}>Unblock</Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
