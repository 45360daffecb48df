import {
  type ChatClient,
  ChatError,
  type ClientOptions,
  createClient,
  type Readable,
  type User,
} from "#sdk";
import { newRegistration } from "#tools/rig/users.ts";

/** Somebody with an account of their own, signed in and connected. */
export interface Person extends AsyncDisposable {
  chat: ChatClient;
  user: User;
  email: string;
  password: string;
}

export async function signUp(
  url: string,
  firstName: string,
  options: ClientOptions = {},
): Promise<Person> {
  const registration = newRegistration(firstName);
  const chat = createClient({ url, ...options });
  const user = await chat.auth.register(registration);
  await until(chat.connection, ({ state }) => state === "live");
  return {
    chat,
    user,
    email: registration.email,
    password: registration.password,
    [Symbol.asyncDispose]: async () => chat.close(),
  };
}

/** What `look` finds in a snapshot, as soon as it finds something. */
export function until<S, T>(
  readable: Readable<S>,
  look: (snapshot: S) => T | undefined | false,
): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      const found = look(readable.getSnapshot());
      if (found === undefined || found === false) return;
      stop();
      resolve(found);
    };
    const stop = readable.subscribe(check);
    check();
  });
}

/** Asks again while the server says that it can't just now, as on a busy machine. */
export async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ChatError && error.isPassing)) throw error;
    }
  }
}
