import { type ChatClient, createClient, type Readable } from "@aetherconnect/client";
import { createContext, useContext, useSyncExternalStore } from "react";
import { createContractWatch } from "./contract-watch.ts";

/** The client, and what this page itself knows of its server. */
export interface PageClient extends ChatClient {
  isServerNewer: Readable<boolean>;
}

/** The page is served with the address of the gateway that it is for. */
export function connectClient(): PageClient {
  const gateway = document.querySelector<HTMLMetaElement>('meta[name="gateway"]')?.content;
  const { fetch, isServerNewer } = createContractWatch();
  const chat = createClient({ ...(gateway && { url: gateway }), fetch });
  // A connection whose network is gone stays silent until its next ping is missed.
  addEventListener("offline", () => chat.connection.retry());
  return { ...chat, isServerNewer };
}

const ChatContext = createContext<PageClient | undefined>(undefined);

export const ChatProvider = ChatContext.Provider;

export function useChat(): PageClient {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("no ChatProvider above");
  return chat;
}

/** Renders anew whenever it changes: the SDK is the state, nothing is copied. */
export function useSnapshot<T>(source: Readable<T>): T {
  return useSyncExternalStore(source.subscribe, source.getSnapshot);
}

/** Who is signed in. Below the sign-in page there always is somebody. */
export function useMe() {
  const { user } = useSnapshot(useChat().auth);
  if (!user) throw new Error("nobody is signed in");
  return user;
}

/** Whether the server is of contract 1.0: there a message is sent, and nothing more comes of it. */
export function useIsServerOld(): boolean {
  return useSnapshot(useChat().problems).some(({ code }) => code === "CONTRACT_OLDER");
}
