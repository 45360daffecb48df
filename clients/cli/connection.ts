import type { DescMethod } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openRpcClient } from "#rpc";
import { createIdentity } from "./identity.ts";
import { createOutput, type Output } from "./output.ts";
import { type Profile, readProfile } from "./profiles.ts";
import type { GlobalOptions } from "./root-command.ts";

/** A platform, called as the user of a profile. */
export interface Connection {
  profileName: string;
  profile: Profile;
  output: Output;
  auth: Client<typeof AuthService>;
  rooms: Client<typeof RoomService>;
  messages: Client<typeof MessageService>;
  /** Reaches the server of any method of the contract. */
  transportOf: (method: DescMethod) => Transport;
}

interface Command {
  optsWithGlobals: () => GlobalOptions;
}

const timeoutMs = 10_000;

/**
 * Lends a connection to a command.
 * @param moved addresses in the place of the profile's
 * @throws Failure
 */
export async function connected(
  command: Command,
  use: (connection: Connection) => Promise<void>,
  moved: Partial<Pick<Profile, "authUrl" | "messageUrl">> = {},
): Promise<void> {
  const { profile: name, json } = command.optsWithGlobals();
  const profile = { ...(await readProfile(name)), ...moved };
  const identify = createIdentity(name, profile, (refreshToken) =>
    client.refreshSession({ refreshToken }),
  );
  const open = (url: string, server: Server) =>
    openRpcClient({ url, timeoutMs, rules: [identify(url, server)] });
  const auth = open(profile.authUrl, "auth");
  const message = open(profile.messageUrl, "message");
  const client = createClient(AuthService, auth.transport);
  try {
    await use({
      profileName: name,
      profile,
      output: createOutput(json === true),
      auth: client,
      rooms: createClient(RoomService, message.transport),
      messages: createClient(MessageService, message.transport),
      transportOf: (method) => (serverOf(method) === "auth" ? auth : message).transport,
    });
  } finally {
    auth.close();
    message.close();
  }
}

/** Which service serves a method. */
export type Server = "auth" | "message";

function serverOf({ parent }: DescMethod): Server {
  return parent.typeName.startsWith("aetherconnect.auth.") ? "auth" : "message";
}
