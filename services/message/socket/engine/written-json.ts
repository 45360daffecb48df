import type { Server } from "socket.io";

const textKey = Symbol("JSON text");

/** JSON that is written already, as the one argument of an acknowledgement. */
export interface WrittenJson {
  [textKey]: string;
}

export const writtenJson = (text: string): WrittenJson => ({ [textKey]: text });

/** Socket.IO's type of an acknowledgement. */
const ackType = 3;

/**
 * Lets acknowledgements be JSON that is written already: what many sockets ask for at once is
 * written once. Socket.IO's own encoder looks through each answer for binary data and writes it.
 */
export function encodeWrittenJson({ encoder }: Pick<Server, "encoder">): void {
  const encode = encoder.encode.bind(encoder);
  Object.assign(encoder, {
    encode(packet: Parameters<typeof encode>[0]): ReturnType<typeof encode> {
      const text = packet.type === ackType && packet.nsp === "/" ? textOf(packet.data) : undefined;
      return text === undefined ? encode(packet) : [`${ackType}${packet.id}[${text}]`];
    },
  });
}

function textOf(data: unknown): string | undefined {
  const [answer]: unknown[] = Array.isArray(data) ? data : [];
  if (typeof answer !== "object" || answer === null) return undefined;
  const text: unknown = Reflect.get(answer, textKey);
  return typeof text === "string" ? text : undefined;
}
