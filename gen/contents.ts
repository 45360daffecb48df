import { file_aetherconnect_auth_v1_user } from "./aetherconnect/auth/v1/user_pb.ts";
import { file_aetherconnect_error_v1_error } from "./aetherconnect/error/v1/error_pb.ts";
import { file_aetherconnect_options_v1_options } from "./aetherconnect/options/v1/options_pb.ts";
import { AuthService, file_aetherconnect_auth_v1_auth } from "./aetherconnect/auth/v1/auth_pb.ts";
import { file_aetherconnect_message_v1_pagination } from "./aetherconnect/message/v1/pagination_pb.ts";
import { file_aetherconnect_message_v1_message, MessageService } from "./aetherconnect/message/v1/message_pb.ts";
import { BlockService, file_aetherconnect_message_v1_block } from "./aetherconnect/message/v1/block_pb.ts";
import { file_aetherconnect_message_v1_room, RoomService } from "./aetherconnect/message/v1/room_pb.ts";
import { file_aetherconnect_realtime_v1_realtime } from "./aetherconnect/realtime/v1/realtime_pb.ts";

/** The files of the contract. */
export const files = [
  file_aetherconnect_auth_v1_user,
  file_aetherconnect_error_v1_error,
  file_aetherconnect_options_v1_options,
  file_aetherconnect_auth_v1_auth,
  file_aetherconnect_message_v1_pagination,
  file_aetherconnect_message_v1_message,
  file_aetherconnect_message_v1_block,
  file_aetherconnect_message_v1_room,
  file_aetherconnect_realtime_v1_realtime,
] as const;

/** The services of the contract. */
export const services = [
  AuthService,
  MessageService,
  BlockService,
  RoomService,
] as const;
