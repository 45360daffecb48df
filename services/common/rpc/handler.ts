export type { Call, Handler } from "#rpc";
