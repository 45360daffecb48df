import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { implement } from "#rpc";
import type { AuthContext } from "../context.ts";
import { changePassword } from "./change-password.ts";
import { login } from "./login.ts";
import { endSessionByRefreshToken, logout, logoutAll } from "./logout.ts";
import { getProfile, updateProfile } from "./profile.ts";
import { refreshSession } from "./refresh-session.ts";
import { register } from "./register.ts";
import { checkSession, endSession, issueWsToken, listSessions } from "./sessions.ts";
import { getSigningKeys, rotateSigningKeys } from "./signing-keys.ts";
import { findUser, getUsers, listUsers } from "./users.ts";
import { watchRevocations } from "./watch-revocations.ts";

/** The whole API. */
export function authHandlers(ctx: AuthContext) {
  return implement(AuthService, {
    register: register(ctx),
    login: login(ctx),
    refreshSession: refreshSession(ctx),
    logout: logout(ctx),
    logoutAll: logoutAll(ctx),
    changePassword: changePassword(ctx),
    issueWsToken: issueWsToken(ctx),
    getProfile: getProfile(),
    updateProfile: updateProfile(ctx),
    listSessions: listSessions(ctx),
    endSession: endSession(ctx),
    findUser: findUser(ctx),
    getSigningKeys: getSigningKeys(ctx),
    watchRevocations: watchRevocations(ctx),
    checkSession: checkSession(ctx),
    getUsers: getUsers(ctx),
    endSessionByRefreshToken: endSessionByRefreshToken(ctx),
    rotateSigningKeys: rotateSigningKeys(ctx),
    listUsers: listUsers(ctx),
  });
}
