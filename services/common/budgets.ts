const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/**
 * The time limits that rest on each other, in milliseconds. What must hold between them is
 * asserted by tests/common/budgets.test.ts. A limit that nothing rests on stays in its file.
 */
export const budgets = {
  /** Every request is answered within `promised`, whatever the services stand on does. */
  answer: {
    promised: 3 * secondMs,
    /** A unary call whose caller set no deadline. */
    unaryCall: 2_800,
    /** The deadline of calls between services. */
    serviceCall: 2_500,
    /** The longest deadline that a caller may set. */
    longestDeadline: 10 * secondMs,
    /** What the gateway waits for the answer of a message instance to a handshake. */
    proxiedHandshake: 2_500,
    /** The judgement of a socket's token. */
    socketJudgement: 3 * secondMs,
    /** The wait for where its user's memberships stand, after that. */
    socketFollow: 1_500,
    /** Socket.IO closes a socket that hasn't been let in by then. */
    socketHandshake: 5 * secondMs,
    /** A join or a resume waits so long for messages before those that it has read. */
    catchUp: 2_500,
    /** The wait for a password to be hashed. */
    passwordQueue: 2 * secondMs,
    /** A limit that is counted in Redis. */
    sharedCounter: 200,
  },

  /** Databases. The server's own limit comes first, then the driver's, then ours. */
  database: {
    connect: 2 * secondMs,
    statement: 2_500,
    /** A transaction that nobody goes on with is ended by the server. */
    idleInTransaction: 10 * secondMs,
    /** How much later than the server's limit an answer may come before the connection is dropped. */
    hungAfter: 500,
    /** Statements of the revocation feed, whose readers would rather ask again. */
    feedStatement: 1 * secondMs,
    /** Each wait of the MongoDB driver. */
    mongoOperation: 2 * secondMs,
    /** A call to the message store, with all that it repeats. */
    storeCall: 2_300,
    /** An append is tried again for so long. */
    appendRetries: 2 * secondMs,
    /** An append that has waited longer isn't begun. */
    appendQueue: 2_500,
    /** The lease of a room in MongoDB, and the wait for another's. */
    roomLease: 1 * secondMs,
    roomLeaseWait: 500,
  },

  /** Health checks ask each dependency; each has to fail before it is given up. */
  health: {
    check: 1 * secondMs,
    ping: 900,
    /** An answer is given again for so long. */
    remembered: 250,
  },

  /** A session that has ended is refused everywhere within `stale`. */
  revocation: {
    /** Below the 250 ms of the contract, with room for a busy process. */
    heartbeat: 200,
    contractHeartbeat: 250,
    /** A page of the feed that took longer to read proves nothing. */
    longestRead: 250,
    /** Without word from the feed for so long, each check asks the auth service. */
    stale: 750,
    /** A stream that is silent for so long is opened anew. */
    silence: 2 * secondMs,
    /**
     * As long as the service token that opened it lives. Auth then checks again whether it
     * knows the service: one whose clock has gone wrong must not go on judging times.
     */
    stream: 1 * minuteMs,
    firstReconnect: 50,
    /** Ended sessions are remembered for so long after their last access token has expired. */
    rememberedAfterExpiry: 1 * minuteMs,
    /** A reader without a cursor is given what has happened since. */
    relevant: 20 * minuteMs,
  },

  tokens: {
    access: 15 * minuteMs,
    ws: 1 * minuteMs,
    service: 1 * minuteMs,
    /** For the end of a user's token. */
    leeway: 5 * secondMs,
    serviceLeeway: 10 * secondMs,
    /** How far the clocks of our services may be apart. */
    clocksApart: 30 * secondMs,
  },

  /** A new signing key is published `lead` before it signs. */
  keys: {
    lead: 10 * secondMs,
    /** Each auth instance reads the keys again. */
    reload: 4 * secondMs,
    /** What an instance has read is given out for so long. */
    fresh: 1 * secondMs,
    /** Caches of the key set's document. */
    httpCache: 5 * secondMs,
    /** A verifier that has just asked asks again. */
    refetch: 2 * secondMs,
    /** A key stays for so long after the last token that it signed has expired. */
    keptAfterExpiry: 5 * minuteMs,
  },

  /** Requests over HTTP, whole or in part. */
  http: {
    headers: 5 * secondMs,
    request: 20 * secondMs,
    /** By itself Node looks for connections over these limits every 30 s only. */
    check: 500,
    /** An answer of which nobody takes a byte for so long, twice at most, is thrown away. */
    unread: 10 * secondMs,
    /** The ping of an idle socket, and the wait for its pong. */
    socketPing: 25 * secondMs,
    socketPong: 20 * secondMs,
    /** A poll is answered when there is something to say, a ping at the latest. */
    proxiedPoll: 1 * minuteMs,
  },

  /** Draining, from the inside out: all of a service fits into `process`. */
  drain: {
    /** Requests under way on an HTTP port. */
    gateway: 5 * secondMs,
    http: 3 * secondMs,
    /** RPC streams end, then calls under way may finish. */
    streams: 500,
    calls: 3 * secondMs,
    /** Socket events under way, then the goodbyes of the sockets. */
    events: 2 * secondMs,
    sockets: 1_500,
    /** What a client gets to take the last words and close by itself. */
    socketGrace: 1 * secondMs,
    /** A connection pool whose server hangs, and the connection for notices. */
    database: 1_500,
    notices: 500,
    /** The last spans, where requests are traced. */
    tracing: 500,
    /** A service that still runs by then ends with exit code 1. */
    process: 10 * secondMs,
    /** The supervisor ends a service that still runs by then. */
    supervisor: 10_500,
    /** Without a supervisor, the database server is stopped gently for so long. */
    watchdog: 12 * secondMs,
    /** What compose gives a container. */
    container: 15 * secondMs,
  },

  /** Room messages and memberships that another instance has written. */
  delivery: {
    /** A number that is missing is waited for, then read, then read again. */
    missing: 20,
    retry: 250,
    /** A number that can't be read for so long makes the sockets resume. */
    stuck: 5 * secondMs,
    /** Asking the store, with hints by Redis and without. */
    poll: 2 * secondMs,
    pollWithoutHints: 1 * secondMs,
    /** What others are promised to see of a change, without hints. */
    promised: 2 * secondMs,
  },

  /** Who is there. */
  presence: {
    /** After a user's last socket has closed they are online for so long: a reload isn't seen. */
    grace: 10 * secondMs,
    /** What an instance has said of its users holds for so long, and is said again by then. */
    lease: 15 * secondMs,
    renew: 4 * secondMs,
    /** Without hints, what others have said is read so often where anybody watches. */
    poll: 500,
    /** A change of who may see whom is told within this. */
    promised: 1 * secondMs,
    /** The users of an instance that dies are offline within this. */
    promisedAfterDeath: 30 * secondMs,
  },
} as const;
