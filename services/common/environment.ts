/**
 * Imported first by whatever runs as a process. Libraries read variables of the shell by
 * themselves, and one meant for other programs would decide how we connect; our connections are
 * made of our settings alone. (`HTTP_PROXY` and its like Node has read by now: see the agents.)
 */
const readByLibraries = /^(PG[A-Z]+|NODE_PG_FORCE_NATIVE|NODE_TLS_REJECT_UNAUTHORIZED)$/;

for (const name of Object.keys(process.env)) {
  if (readByLibraries.test(name)) delete process.env[name];
}
